"""The construct TransformEvaluation: estimates a transform's quality, with a minimum for the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import CfnResource, CustomResource, Stack
from constructs import Construct

from glue_labels.arguments import expect, expect_common, timeouts
from glue_labels.function_policy import TransformUse
from glue_labels.import_order import DeclaredRun, expect_order
from glue_labels.labels_import import LabelsImport
from glue_labels.object_grants import own_policies
from glue_labels.provider import LabelsProvider
from glue_labels.quality import QualityMetrics
from glue_labels.references import has_token
from glue_labels.transform import NamedTransform
from glue_labels.transform_role import role_for_advice, warn_of_other_role
from glue_labels_handler.evaluation_request import (
    AREA_UNDER_PR_CURVE,
    COLUMN_IMPORTANCES,
    CONFUSION_MATRIX,
    F1,
    LABEL_COUNT,
    PRECISION,
    RECALL,
    EvaluationRequest,
    check_after_count,
)
from glue_labels_handler.request import EVALUATION_TYPE, TASK_RUN_ID, InvalidPropertyError, check_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import Duration, aws_iam
    from aws_cdk.interfaces.aws_glue import IMLTransformRef

_TRUE_POSITIVES, _FALSE_POSITIVES, _TRUE_NEGATIVES, _FALSE_NEGATIVES = CONFUSION_MATRIX


class TransformEvaluation(Construct):
    """Estimates the quality of an AWS Glue FindMatches transform, as part of the deployment.

    AWS Glue trains the transform with some of its labels, and tests it with the others. If a metric is below
    `minimum`, the deployment fails, and CloudFormation's rollback imports the former labels again.

    It evaluates when it is created, and again when an import of `after` has another run, or when `version`
    changes. If only `minimum` changes, it compares the metrics of the last evaluation, unless an import has
    run since. In a rollback it evaluates nothing and reports the transform's last metrics. Deleting it
    changes nothing about the transform.

    ```python
    from glue_labels import Labels, LabelsImport, QualityMetrics, TransformEvaluation

    customer_labels = LabelsImport(
        self, "CustomerLabels",
        transform=transform,
        labels=Labels.from_asset("labels/customers.csv"),
        replace_all_labels=True,
        transform_role=role,
    )
    TransformEvaluation(
        self, "Quality",
        transform=transform,
        after=[customer_labels],
        minimum=QualityMetrics(f1=0.85, precision=0.9),
    )
    ```

    The transform must have labels, and AWS Glue must show it as READY. An evaluation costs DPU hours.

    Source: https://docs.aws.amazon.com/glue/latest/webapi/API_StartMLEvaluationTaskRun.html

    Args:
        scope: where the construct is.
        id: its id, unique there.
        transform: a ``CfnMLTransform``, any other `IMLTransformRef`, or a transform's id (1-255 characters).
            It must be in the stack's account and region.
        after: the imports whose labels are evaluated, 1 to 20, into this transform. They must be in the same
            stack or its nested stacks. The evaluation runs after them, and again after each new run of one
            (default: none). Give `after` or `version`, or both.
        version: any text, at most 256 characters. A change starts an evaluation (default: none).
        minimum: the lowest metrics that a deployment accepts (default: none, metrics are only reported).
        timeout: how long the evaluation may take before the deployment fails: 1 second to 55 minutes. The
            time begins with CloudFormation's request, and includes waiting for other task runs of the
            transform (default: 55 minutes, what CloudFormation's hour leaves).
        transform_role: the role of the transform, with which Glue reads the table. Nothing is granted to it.
            Errors name it, and if it is a role of the stack, the evaluation waits for its policies
            (default: the transform's role, as far as the app knows it).
        provider: the function that evaluates, in the same stack (default: the function that all imports and
            evaluations of the stack share, with `LabelsProvider`'s default settings).

    Raises:
        InvalidPropertyError: a value outside its bounds, neither `after` nor `version`, or an import of
            `after` that is given twice, is of another stack, or imports into another transform. The text has
            this construct's path, the value, the rule and what to do.
        TypeError: an argument of the wrong type.
        FunctionCodeError: a package that the function needs is not installed, or has the wrong version.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 (the CDK's name for it)
        *,
        transform: IMLTransformRef | str,
        after: Sequence[LabelsImport] = (),
        version: str | None = None,
        minimum: QualityMetrics | None = None,
        timeout: Duration | None = None,
        transform_role: aws_iam.IRole | None = None,
        provider: LabelsProvider | None = None,
    ) -> None:
        super().__init__(scope, id)
        expect_common(
            self, transform=transform, timeout=timeout, transform_role=transform_role, provider=provider
        )
        expect(
            self,
            "after",
            after,
            isinstance(after, (list, tuple)) and all(isinstance(one, LabelsImport) for one in after),
            "a list of LabelsImport",
        )
        expect(
            self,
            "version",
            version,
            version is None or isinstance(version, str),
            "a text, such as the date of the last change",
        )
        expect(
            self,
            "minimum",
            minimum,
            minimum is None or isinstance(minimum, QualityMetrics),
            "QualityMetrics, such as QualityMetrics(f1=0.85)",
        )
        stack = Stack.of(self)
        try:
            named = NamedTransform.of(transform, stack)
            timeout_seconds, service_timeout = timeouts(timeout)
            _check_when(after, version)
            _check_imports(after, named, stack)
            provider = LabelsProvider.serving(self, provider)
            transform_policies = provider.allow_transform(named.id, TransformUse.EVALUATION)
        except InvalidPropertyError as error:
            # "from None": the cause says the same, and the CDK's CLI would show both.
            raise InvalidPropertyError(f"{self.node.path}: {error}") from None

        named.warn_of_form(self)
        if named.resource is not None and transform_role is not None:
            warn_of_other_role(self, named.resource, transform_role, "reads the records")
        request = EvaluationRequest(
            transform_id=named.id,
            after=tuple(one.task_run_id for one in after),
            version=version,
            minimum={} if minimum is None else minimum.to_property(),
            timeout_seconds=timeout_seconds,
            transform_role=role_for_advice(stack, named.resource, transform_role),
        )
        self._resource = CustomResource(
            self,
            "Resource",
            resource_type=EVALUATION_TYPE,
            service_token=provider.service_token,
            service_timeout=service_timeout,
            properties=request.to_properties(),
        )
        # No property refers to these, but the function needs them to use the transform.
        self._resource.node.add_dependency(*provider.needed_by_imports, *transform_policies, *after)
        if transform_role is not None:
            self._resource.node.add_dependency(*own_policies(transform_role, stack))
        resource = cast("CfnResource", self._resource.node.default_child)
        values = [named.id, *request.after, *([] if version is None else [version])]
        expect_order(DeclaredRun(self, resource, values, is_evaluation=True), named.id)

    @property
    def f1(self) -> str:
        """The harmonic mean of precision and recall, 0 to 1 (a token; a string, as all attributes)."""
        return self._resource.get_att_string(F1)

    @property
    def precision(self) -> str:
        """The part of the predicted matches that are matches, 0 to 1 (a token)."""
        return self._resource.get_att_string(PRECISION)

    @property
    def recall(self) -> str:
        """The part of the matches that the transform finds, 0 to 1 (a token)."""
        return self._resource.get_att_string(RECALL)

    @property
    def area_under_pr_curve(self) -> str:
        """The area under the precision-recall curve, 0 to 1 (a token)."""
        return self._resource.get_att_string(AREA_UNDER_PR_CURVE)

    @property
    def num_true_positives(self) -> str:
        """How many predicted matches are matches, of the pairs in the test (a token)."""
        return self._resource.get_att_string(_TRUE_POSITIVES)

    @property
    def num_false_positives(self) -> str:
        """How many predicted matches are not matches (a token)."""
        return self._resource.get_att_string(_FALSE_POSITIVES)

    @property
    def num_true_negatives(self) -> str:
        """How many predicted non-matches are not matches (a token)."""
        return self._resource.get_att_string(_TRUE_NEGATIVES)

    @property
    def num_false_negatives(self) -> str:
        """How many predicted non-matches are matches (a token)."""
        return self._resource.get_att_string(_FALSE_NEGATIVES)

    @property
    def column_importances(self) -> str:
        """The most important columns with their importance, ``name 0.62, zip 0.21`` (a token)."""
        return self._resource.get_att_string(COLUMN_IMPORTANCES)

    @property
    def task_run_id(self) -> str:
        """The id of the task run that evaluated, ``tsk-...`` (a token)."""
        return self._resource.get_att_string(TASK_RUN_ID)

    @property
    def label_count(self) -> str:
        """How many labels the transform knows (a token)."""
        return self._resource.get_att_string(LABEL_COUNT)


def _check_when(after: Sequence[LabelsImport], version: str | None) -> None:
    if not after and version is None:
        raise InvalidPropertyError(
            "an evaluation needs after or version, which say when to evaluate again: it has neither. "
            "Give the imports whose labels it evaluates as after, or a version that you change each time."
        )
    if version is not None and not has_token(version):
        check_version(version)


def _check_imports(after: Sequence[LabelsImport], transform: NamedTransform, stack: Stack) -> None:
    check_after_count(len(after))
    paths = [one.node.path for one in after]
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        raise InvalidPropertyError(
            f"after must name each import once: {', '.join(twice)} is named twice. Remove one of the two."
        )
    for one in after:
        theirs = _outermost(Stack.of(one))
        if theirs.node.addr != _outermost(stack).node.addr:
            raise InvalidPropertyError(
                f"after must name imports of the evaluation's stack, {stack.node.path}: {one.node.path} is "
                f"in {theirs.node.path}. CloudFormation changes no value that another stack imports, so a "
                f"new run there could not be evaluated here. Put the evaluation into {theirs.node.path}."
            )
    others = {
        one.node.path: given
        for one in after
        for given in [NamedTransform.of(one.transform_id, Stack.of(one))]
        if given.is_known_to_differ_from(transform)
    }
    if others:
        into = ", ".join(f"{path} imports into {given.shown}" for path, given in others.items())
        remedy = (
            "Evaluate the transform that they import into."
            if len(others) == len(after)
            else f"Remove {', '.join(others)} from after, or give it this transform."
        )
        raise InvalidPropertyError(
            f"after must name imports into the evaluated transform, {transform.shown}: {into}. {remedy}"
        )


def _outermost(stack: Stack) -> Stack:
    parent = stack.nested_stack_parent
    return stack if parent is None else _outermost(parent)
