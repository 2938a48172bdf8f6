"""An execution environment of the function: its entry module, loaded anew with services of the test's own."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING
from unittest import mock

from glue_labels_handler import services

if TYPE_CHECKING:
    from glue_labels_handler.custom_resource import CustomResource
    from glue_labels_handler.services import Services


def cold_start(connected: Services) -> CustomResource:
    """Load the entry module as Lambda does when it starts a new environment; return what serves events."""
    spec = importlib.util.find_spec("glue_labels_handler.main")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with mock.patch.object(services, "connect", return_value=connected):
        spec.loader.exec_module(module)
    helper: CustomResource = module.helper
    return helper
