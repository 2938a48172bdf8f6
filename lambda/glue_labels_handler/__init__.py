"""The function of the custom resources.

Lambda compiles the modules that it loads, at each cold start. So those that few invocations need load when a
name in them is first used.
"""

import importlib.util
import sys


def _load_at_first_use(name: str) -> None:
    spec = importlib.util.find_spec(f"{__name__}.{name}")
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{__name__}.{name}")
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = globals()[name] = module
    spec.loader.exec_module(module)


for _name in ("causes", "errors", "evaluation_request", "polling_rule", "quality", "reasons", "stack_events"):
    _load_at_first_use(_name)
