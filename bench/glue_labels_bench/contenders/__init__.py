"""The ways to import labels in a deployment, each written as its documentation recommends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .aws_custom_resource import with_aws_custom_resource
from .labels_import import with_labels_import
from .provider_framework import with_provider_framework
from .stock_crhelper import with_stock_crhelper

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..base_stack import BaseStack

OURS: Final = "LabelsImport"
PROVIDER: Final = "Provider"
CRHELPER: Final = "crhelper"
AWS_CUSTOM_RESOURCE: Final = "AwsCustomResource"

CONTENDERS: Final[dict[str, Callable[[BaseStack, int], None]]] = {
    OURS: with_labels_import,
    PROVIDER: with_provider_framework,
    CRHELPER: with_stock_crhelper,
    AWS_CUSTOM_RESOURCE: with_aws_custom_resource,
}
"""Functions that add a number of imports to a stack, by name."""

WAITING: Final = (OURS, PROVIDER, CRHELPER)
"""The contenders that wait for the run's end before they respond."""
