"""The construct LabelsImport: imports a label version into a transform when the stack is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import CfnResource, CustomResource, Stack
from constructs import Construct

from glue_labels.arguments import expect, expect_common, timeouts
from glue_labels.function_policy import TransformUse
from glue_labels.import_order import DeclaredRun, expect_order
from glue_labels.labels import Labels
from glue_labels.provider import LabelsProvider
from glue_labels.references import has_token
from glue_labels.transform import NamedTransform
from glue_labels.transform_role import role_for_advice, warn_of_role
from glue_labels_handler.request import (
    COMPLETED_ON,
    EXECUTION_TIME,
    LOG_GROUP_NAME,
    RESOURCE_TYPE,
    STARTED_ON,
    SUMMARY_PROPERTY,
    TASK_RUN_ID,
    InvalidPropertyError,
    LabelsRequest,
    check_version,
)

if TYPE_CHECKING:
    from aws_cdk import Duration, aws_iam
    from aws_cdk.interfaces.aws_glue import IMLTransformRef


class LabelsImport(Construct):
    """Imports a label version into an AWS Glue FindMatches transform, as part of the deployment.

    The deployment waits until the import's task run ends. If the run fails, the deployment fails. A changed
    label version, transform or `replace_all_labels` imports again. Deleting the construct does not remove
    labels from the transform: Glue has no way to do that.

    Imports of one stack run at the same time unless ordered. Order imports into the same transform with
    ``second.node.add_dependency(first)``: with `replace_all_labels`, the last to finish wins. The synthesis
    warns if imports into one transform have no order.

    ```python
    from glue_labels import Labels, LabelsImport

    LabelsImport(
        self, "CustomerLabels",
        transform=transform,
        labels=Labels.from_asset("labels/customers.csv"),
        replace_all_labels=True,
        transform_role=role,
    )
    ```

    Source: https://docs.aws.amazon.com/glue/latest/webapi/API_StartImportLabelsTaskRun.html

    Args:
        scope: where the construct is.
        id: its id, unique there.
        transform: a ``CfnMLTransform``, any other `IMLTransformRef`, or a transform's id (1-255 characters).
            It must be in the stack's account and region.
        labels: the label version.
        replace_all_labels: True replaces all labels of the transform by these. False, the default, adds
            these to the others; a rollback then cannot remove them.
        transform_role: the role of the transform, with which Glue reads the file. It is granted
            ``s3:GetObject`` on the label files, see `grant_exact_object`, and ``kms:Decrypt`` if the bucket
            is known to have a key; the import waits for the grant (default: nothing is granted; the role must
            be allowed that already). The role needs what Glue needs in general, such as ``s3:ListBucket``,
            from elsewhere, for example AWS's managed policy AWSGlueServiceRole. Without ``s3:ListBucket`` S3
            reports an object that does not exist as access denied.
        grant_exact_object: True grants `transform_role` exactly the object of this label version. False, the
            default, grants all objects of its folder with its ending: for ``labels/v1.csv`` that is
            ``labels/*.csv``, for a file of the app ``*.csv`` in the assets bucket. Then a new label version
            changes nothing in IAM. With True each label version changes IAM: pipelines ask for an approval,
            and the import waits until IAM has the new policy everywhere.
        timeout: how long the import may take before the deployment fails: 1 second to 55 minutes. The time
            begins with CloudFormation's request, and includes waiting for other imports into the transform
            (default: 55 minutes, what CloudFormation's hour leaves).
        provider: the function that imports, in the same stack (default: the function that all imports and
            evaluations of the stack share, with `LabelsProvider`'s default settings).

    Raises:
        InvalidPropertyError: a value outside its bounds. The text has this construct's path, the value, the
            rule and what to do.
        TypeError: an argument of the wrong type.
        FunctionCodeError: a package that the function needs is not installed, or has the wrong version.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 (the CDK's name for it)
        *,
        transform: IMLTransformRef | str,
        labels: Labels,
        replace_all_labels: bool = False,
        transform_role: aws_iam.IRole | None = None,
        grant_exact_object: bool = False,
        timeout: Duration | None = None,
        provider: LabelsProvider | None = None,
    ) -> None:
        super().__init__(scope, id)
        expect_common(
            self, transform=transform, timeout=timeout, transform_role=transform_role, provider=provider
        )
        expect(self, "labels", labels, isinstance(labels, Labels), "Labels, such as Labels.from_asset(path)")
        expect(self, "replace_all_labels", replace_all_labels, isinstance(replace_all_labels, bool), "a bool")
        expect(self, "grant_exact_object", grant_exact_object, isinstance(grant_exact_object, bool), "a bool")
        stack = Stack.of(self)
        try:
            named = NamedTransform.of(transform, stack)
            timeout_seconds, service_timeout = timeouts(timeout)
            config = labels.bind(self, named.resource)
            if config.version is not None and not has_token(config.version):
                check_version(config.version)
            provider = LabelsProvider.serving(self, provider)
            transform_policies = provider.allow_transform(named.id, TransformUse.IMPORT)
        except InvalidPropertyError as error:
            # "from None": the cause says the same, and the CDK's CLI would show both.
            raise InvalidPropertyError(f"{self.node.path}: {error}") from None

        named.warn_of_form(self)
        if named.resource is not None:
            warn_of_role(self, named.resource, transform_role)
        self._transform_id = named.id
        request = LabelsRequest(
            transform_id=named.id,
            input_s3_path=config.s3_path,
            replace_all_labels=replace_all_labels,
            timeout_seconds=timeout_seconds,
            version=config.version,
            transform_role=role_for_advice(stack, named.resource, transform_role),
        )
        summary = {SUMMARY_PROPERTY: str(config.summary)} if config.summary else {}
        self._resource = CustomResource(
            self,
            "Resource",
            resource_type=RESOURCE_TYPE,
            service_token=provider.service_token,
            service_timeout=service_timeout,
            # A property: by default `cdk diff` uses a change set, which ignores changed metadata.
            properties={**request.to_properties(), **summary},
        )
        # No property refers to these, but the function needs them to use the transform.
        self._resource.node.add_dependency(*provider.needed_by_imports, *transform_policies)
        if transform_role is not None:
            self._resource.node.add_dependency(*config.grant_read(transform_role, grant_exact_object))
        values = [text for text in request.to_properties().values() if isinstance(text, str)]
        resource = cast("CfnResource", self._resource.node.default_child)
        expect_order(DeclaredRun(self, resource, values), named.id)

    @property
    def transform_id(self) -> str:
        """The id of the transform that it imports into, a literal or a token."""
        return self._transform_id

    @property
    def task_run_id(self) -> str:
        """The id of the task run that imported the labels, ``tsk-...`` (a token)."""
        return self._resource.get_att_string(TASK_RUN_ID)

    @property
    def started_on(self) -> str:
        """When the task run started, UTC in ISO 8601 (a token)."""
        return self._resource.get_att_string(STARTED_ON)

    @property
    def completed_on(self) -> str:
        """When the task run ended, UTC in ISO 8601 (a token)."""
        return self._resource.get_att_string(COMPLETED_ON)

    @property
    def execution_time(self) -> str:
        """How long the task run used resources, in seconds (a token; a string, as all attributes)."""
        return self._resource.get_att_string(EXECUTION_TIME)

    @property
    def log_group_name(self) -> str:
        """The CloudWatch log group of the task run, not of the function (a token)."""
        return self._resource.get_att_string(LOG_GROUP_NAME)
