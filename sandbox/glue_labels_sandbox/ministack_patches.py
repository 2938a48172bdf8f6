"""What the sandbox patches in MiniStack and reads there: each name, why, and what to offer upstream.

MiniStack has no interface for such patches, so any new version may change these names. To move to one, change
`VERSION` and the requirements, start a sandbox and follow its error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = "1.5.33"
"""The MiniStack that the patches are written for, as the package requires it."""

# MiniStack stands in for some clients of the AWS SDK that are not installed. The CDK's functions cannot use
# the stand-ins, because of how they are bundled; and a client for another region would call this region.
STAND_INS: Final = (
    "      if (prefix) return _makeGenericJsonServiceModule(prefix, id);\n",
    '    "@aws-sdk/client-lambda": _makeLambdaClientModule(),\n'
    '    "@aws-sdk/client-opensearch": _makeOpenSearchClientModule(),\n',
)

_HANDLERS: Final = "services.cloudformation.provisioners._RESOURCE_HANDLERS"
_DEPLOY: Final = (
    "async (stack_name, stack_id, template, param_values, disable_rollback, tags, is_update=False, "
    "previous_stack=None, retain_except_on_create=False, imports=None)"
)
_VALIDATE: Final = "(template, conditions, params=None)"
_ROLL_BACK: Final = "async (stack_name, stack_id, stack, operation, reason_override='')"
_DELETE_STACK: Final = "async (stack_name, stack_id, retain_resources=(), force=False)"
_CUSTOM_RESOURCE_CREATE: Final = (
    "(logical_id, props, stack_name, resource_type='AWS::CloudFormation::CustomResource')"
)


@dataclass(frozen=True)
class Patch:
    """One difference between MiniStack and AWS, and how the sandbox removes it.

    A name is the path below the package ``ministack``: through modules, attributes and keys of dicts. Listed
    with it is what it must be: a function with these parameters, a ``class``, or a value of this type.

    Attributes:
        reason: What MiniStack does differently.
        upstream: What to offer MiniStack, so that the patch can go.
        replaces: The names that the patch gives another value.
        reads: Other names that it uses.
        sources: Texts that must be in the source of a function, or in the value of a text.
    """

    reason: str
    upstream: str
    replaces: Mapping[str, str] = field(default_factory=dict)
    reads: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


PATCHES: Final = (
    Patch(
        "MiniStack's Glue has no ML transforms.",
        "The actions of ML transforms and task runs, or a hook for actions that a service lacks.",
        {"services.glue._handle_request_sync": "(method, path, headers, body, query_params)"},
        {
            "app.app": "async (scope, receive, send)",
            "core.responses.AccountRegionScopedDict.get_scoped": (
                "(self, account_id, region, key, default=None)"
            ),
            "core.responses.get_account_id": "()",
            "core.responses.get_region": "()",
            "services.glue._tables": "AccountRegionScopedDict",
        },
    ),
    Patch(
        "CloudFormation lacks the types AWS::Glue::MLTransform and AWS::IAM::RolePolicy.",
        "AWS::IAM::RolePolicy now, AWS::Glue::MLTransform with the actions of ML transforms.",
        {_HANDLERS: "dict"},
        {
            "services.cloudformation.provisioners._DEFERRED_PREDECESSOR_DELETES": "ContextVar",
            "services.cloudformation.provisioners._iam_policy_drop": "(props, name)",
            "services.cloudformation.provisioners._iam_policy_put": "(props, name)",
            "services.cloudformation.provisioners._iam_policy_require_entities": "(props)",
            "services.cloudformation.provisioners._iam_policy_require_valid_document": "(props)",
            "services.cloudformation.provisioners._tag_map": "(tags)",
        },
    ),
    Patch(
        "CloudFormation does not give buckets the tags of their template.",
        "Tags in the provisioner of AWS::S3::Bucket.",
        {
            f"{_HANDLERS}.AWS::S3::Bucket.create": "(logical_id, props, stack_name)",
            f"{_HANDLERS}.AWS::S3::Bucket.update": "(physical_id, old_props, new_props, stack_name)",
        },
        {"services.s3._bucket_tags": "AccountScopedDict"},
    ),
    Patch(
        "A resource type that only MiniStack lacks is refused as if CloudFormation lacked it.",
        "The logical ids in the message, and words that say whose limit it is.",
        {
            "services.cloudformation.changesets.validate_template_support": _VALIDATE,
            "services.cloudformation.handlers.validate_template_support": _VALIDATE,
        },
    ),
    Patch(
        "DescribeStackEvents shows no ResourceProperties.",
        "ResourceProperties in stack events.",
        {"services.cloudformation.handlers._ACTION_HANDLERS.DescribeStackEvents": "(params)"},
        {"services.cloudformation._stack_events": "AccountRegionScopedDict"},
    ),
    Patch(
        "Stacks restore and delete their resources in one order only; AWS promises none.",
        "A setting for the order of resources that do not depend on each other.",
        {
            "services.cloudformation.changesets._deploy_stack_async": _DEPLOY,
            "services.cloudformation.handlers._delete_stack_async": _DELETE_STACK,
            "services.cloudformation.handlers._deploy_stack_async": _DEPLOY,
            "services.cloudformation.handlers._roll_back_operation": _ROLL_BACK,
            "services.cloudformation.stacks._delete_resource": (
                "(resource_type, physical_id, props, stack_name=None, logical_id=None)"
            ),
            "services.cloudformation.stacks._delete_stack_async": _DELETE_STACK,
            "services.cloudformation.stacks._deploy_stack_async": _DEPLOY,
            "services.cloudformation.stacks._roll_back_operation": _ROLL_BACK,
            "services.cloudformation.stacks._topological_sort": "(resources, conditions)",
            "services.cloudformation.stacks.asyncio": "module",
        },
        {
            "core.concurrency.run_reentrant": "async (fn, *args, thread_name='ministack-reentrant')",
            "services.cloudformation._stacks": "AccountRegionScopedDict",
            "services.cloudformation.stacks._add_event": (
                "(stack_id, stack_name, logical_id, resource_type, status, reason='', physical_id='', "
                "detailed_status='')"
            ),
            "services.cloudformation.stacks._extract_deps": "(resource_def, all_resource_names)",
            "services.cloudformation.stacks._sends_back_failed_update": "(resource_type)",
        },
        # The patch runs the deletions of a cleanup at this call, the first after them.
        {"services.cloudformation.stacks._deploy_stack_async": ("await asyncio.sleep(0)",)},
    ),
    Patch(
        "CloudFormation invokes the function of a custom resource synchronously, and once.",
        "Asynchronous invocations, which Lambda retries.",
        {
            "services.cloudformation.custom_resource.register_token": "(token)",
            "services.lambda_svc._execute_function_with_config_scope": "(func, event)",
        },
        {"services.lambda_svc.invoke_async_with_retry": "(func, event)"},
    ),
    Patch(
        "A function of Node.js that lacks a package never responds, and its stack waits for an hour.",
        "Nothing: the sandbox removes the clients that would stand in for the package.",
        {"services.lambda_svc._execute_function": "(func, event)"},
        {"services.cloudformation.custom_resource.deliver_response": "(token, response)"},
    ),
    Patch(
        "A ResponseURL has no signature.",
        "The query of a presigned URL.",
        {"services.cloudformation.custom_resource._response_url": "(token)"},
    ),
    Patch(
        "A response may have any size, and a content type.",
        "S3's check of the signature, and the limit of 4,096 bytes.",
        {
            "app._handle_post_body_shortcuts": (
                "async (method, path, headers, body, query_params, request_id)"
            )
        },
    ),
    Patch(
        "A success without PhysicalResourceId is accepted, and a rollback does not delete a failed Create.",
        "Both as CloudFormation does it.",
        {
            f"{_HANDLERS}.AWS::CloudFormation::CustomResource.create": _CUSTOM_RESOURCE_CREATE,
            "services.cloudformation.custom_resource.deliver_response": "(token, response)",
            "services.cloudformation.custom_resource.register_token": "(token)",
            "services.cloudformation.provisioners._custom_resource_create": _CUSTOM_RESOURCE_CREATE,
        },
        {
            "services.cloudformation.provisioners._custom_resource_delete": (
                "(physical_id, props, stack_name=None, logical_id=None, "
                "resource_type='AWS::CloudFormation::CustomResource')"
            ),
        },
    ),
    Patch(
        "EventBridge accepts rules and targets that AWS refuses.",
        "The constraints of the API reference.",
        {
            "services.eventbridge._delete_rule": "(data)",
            "services.eventbridge._put_rule": "(data)",
            "services.eventbridge._put_targets": "(data)",
            "services.eventbridge._remove_targets": "(data)",
        },
        {
            "core.responses.error_response_json": (
                "(code, message, status=400, extra=None, *, message_key='message', "
                "content_type='application/x-amz-json-1.0')"
            ),
            "services.eventbridge._rule_key": "(rule_name, bus_name)",
            "services.eventbridge._rules": "AccountRegionScopedDict",
            "services.eventbridge._targets": "AccountRegionScopedDict",
        },
    ),
    Patch(
        "EventBridge shows changes of targets at once.",
        "A setting for how late ListTargetsByRule and DeleteRule see them.",
        {
            f"{_HANDLERS}.AWS::Events::Rule.create": "(logical_id, props, stack_name)",
            f"{_HANDLERS}.AWS::Events::Rule.delete": "(physical_id, props)",
            f"{_HANDLERS}.AWS::Events::Rule.update": (
                "(physical_id, old_props, new_props, stack_name, logical_id=None)"
            ),
            "services.eventbridge._list_targets_by_rule": "(data)",
        },
        {
            "core.responses.AccountRegionScopedDict._data": "member_descriptor",
            "core.responses.json_response": (
                "(data, status=200, *, content_type='application/x-amz-json-1.0')"
            ),
        },
    ),
    Patch(
        "A rule fires up to 10 seconds late, and counts its rate from when a deleted rule of its name fired.",
        "A setting for the scheduler's interval, and a _delete_rule that forgets when the rule fired.",
        {"services.eventbridge._SCHEDULER_TICK_INTERVAL": "int"},
        {"services.eventbridge._rule_last_fired": "dict"},
    ),
    Patch(
        "A rule invokes a function whose resource policy does not allow it.",
        "The check of the resource policy.",
        {"services.eventbridge._invoke_target": "(target, event, rule, view=None)"},
        {
            "core.iam_evaluator.EvalContext": "class",
            "core.iam_evaluator.evaluate_resource_policy": (
                "(doc, ctx, service=None, named_only=False, direct_only=False)"
            ),
        },
    ),
    Patch(
        "An asynchronous invocation that finds no free execution is dropped.",
        "Lambda's queue of asynchronous events, for functions that EventBridge invokes too.",
        {
            "services.eventbridge._dispatch_to_lambda": "(arn, payload)",
            "services.lambda_svc._execute_function": "(func, event)",
            "services.lambda_svc.invoke_async_with_retry": "(func, event)",
        },
        {
            "services.lambda_svc._execution_record_for_config": "(func, config)",
            "services.lambda_svc._get_func_record_for_ref": "(function_ref)",
        },
    ),
    Patch(
        "One concurrency quota holds for all accounts and regions together.",
        "A quota for each account and region.",
        {
            "services.lambda_svc._ACCOUNT_CONCURRENCY_CAP": "int",
            "services.lambda_svc._acquire_execution_slot": "(func, config)",
            "services.lambda_svc._inflight_total": "int",
        },
        {
            "services.lambda_svc._inflight": "dict",
            "services.lambda_svc._inflight_key": "(config)",
            "services.lambda_svc._inflight_lock": "lock",
            "services.lambda_svc._reserved_concurrency": "(func, config)",
        },
    ),
    Patch(
        "A function's output is logged even if its role may not write logs.",
        "The check of the role.",
        {
            "services.lambda_svc._emit_lambda_logs": (
                "(func, request_id, log_text, error, duration_ms, *, log_source=None)"
            )
        },
        {"services.cloudwatch_logs._log_groups": "AccountRegionScopedDict"},
    ),
    Patch(
        "There is no list of the invocations in progress and ended.",
        "Such a list at MiniStack's own control path, beside its reset.",
        {"services.lambda_svc._execute_function_dispatch": "(func, config, event, request_id, started)"},
        {"core.lambda_runtime._lock": "lock", "core.lambda_runtime._workers": "dict"},
        {"core.lambda_runtime.Worker.__init__": ("self._proc = ", "self.func_name = ", "self.in_use = ")},
    ),
    Patch(
        "A function's process ends when its handler raises.",
        "A process that lives on; AWS ends it after a crash or timeout only.",
        {
            "core.lambda_runtime.Worker.invoke": (
                "(self, event, request_id, *, trace_id=None, depth=None, durable=None, "
                "invoked_function_arn=None)"
            ),
            "core.lambda_runtime._collect": "(proc, deadline)",
            "core.lambda_runtime._signal": "(proc)",
        },
    ),
    Patch(
        "A function of Node.js gets clients of the AWS SDK that bundled code cannot use.",
        "The installed client wherever there is one.",
        {"core.lambda_runtime._NODEJS_WORKER_SCRIPT": "str"},
        sources={"core.lambda_runtime._NODEJS_WORKER_SCRIPT": STAND_INS},
    ),
    Patch(
        "The files of a layer are not under /opt.",
        "A directory for each function that holds its layers, and a hook for the worker's start.",
        {
            "core.lambda_runtime._RESERVED_RUNTIME_ENV_VARS": "set",
            "core.lambda_runtime.subprocess": "module",
        },
        {"services.lambda_svc._extract_zip_preserving_mode": "(zf, dest_dir)"},
    ),
    Patch(
        "IAM checks calls of Glue, EventBridge, CloudWatch Logs and Systems Manager against other ARNs.",
        "The ARNs of the service authorization reference.",
        {
            "core.iam_actions.extract_resource_arn": (
                "(service, method, path, headers, body, query_params, region, account_id)"
            )
        },
        {
            "core.iam_evaluator.EvalContext": "class",
            "core.iam_evaluator.evaluate": "(ctx, policies, *limits)",
        },
    ),
    Patch(
        "Changes of roles take effect at once.",
        "A setting for how late IAM applies them.",
        {
            _HANDLERS: "dict",
            "core.iam_evaluator._gather_role_policies": "(role_name, account_id)",
            "services.iam._IAM_HANDLERS": "dict",
        },
        {
            "core.iam_evaluator._resolve_managed_policy_document": "(policy_arn, account_id)",
            "core.iam_evaluator.parse_policy_document": "(doc)",
            "core.responses.AccountScopedDict._data": "member_descriptor",
            "services.iam._roles": "AccountScopedDict",
        },
    ),
    Patch(
        "A service cannot assume a role inside MiniStack.",
        "A function that gives a service the credentials of a role which trusts it.",
        reads={
            "services.s3._buckets": "AccountScopedDict",
            "services.sts._sessions": "dict",
            "services.sts.register_session": "(access_key, session)",
        },
    ),
)
"""Every patch; the order means nothing."""
