"""A transform, its labels, and the gate behind them, varied by context."""

from __future__ import annotations

from aws_cdk import App, CfnOutput, Duration, Stack, aws_iam
from deployment import LABEL_FILES
from people import glue_role, people_table, people_transform

from glue_labels import Labels, LabelsImport, QualityMetrics, TransformEvaluation

app = App()
context = app.node.try_get_context
stack = Stack(app, context("stack"))
minimum = QualityMetrics(f1=float(context("minimum"))) if context("minimum") else None
timeout = Duration.seconds(int(context("timeout") or 3300))
if context("transform"):
    # Of another stack.
    quality = TransformEvaluation(
        stack, "Quality", transform=context("transform"), version=context("round"), minimum=minimum
    )
else:
    role = glue_role(stack)
    role.add_to_policy(
        aws_iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"arn:aws:s3:::{LABEL_FILES}/*"])
    )
    transform = people_transform(stack, "Transform", role, people_table(stack))
    labels = LabelsImport(
        stack,
        "Labels",
        transform=transform,
        labels=Labels.from_asset(context("labels")),
        replace_all_labels=True,
        transform_role=role,
    )
    quality = TransformEvaluation(
        stack, "Quality", transform=transform, after=[labels], minimum=minimum, timeout=timeout
    )
    if context("then_fail"):
        doomed = LabelsImport(
            stack, "Doomed", transform="tfm-nobody-made-this", labels=Labels.from_asset(context("labels"))
        )
        doomed.node.add_dependency(quality)
    CfnOutput(stack, "TransformId", value=transform.ref)
CfnOutput(stack, "F1", value=quality.f1)
CfnOutput(stack, "EvaluationRunId", value=quality.task_run_id)
app.synth()
