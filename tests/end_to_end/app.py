"""The app that the end-to-end tests deploy: a transform and one import, varied by context."""

from __future__ import annotations

from aws_cdk import (
    App,
    CfnOutput,
    Duration,
    RemovalPolicy,
    Stack,
    aws_ec2,
    aws_iam,
    aws_kms,
    aws_lambda,
    aws_logs,
    aws_sqs,
)
from deployment import LABEL_FILES
from people import glue_role, people_table, people_transform

from glue_labels import Labels, LabelsImport, LabelsProvider


def company_provider() -> LabelsProvider:
    """A function with a company's settings: the app's role, network and log group."""
    vpc = aws_ec2.Vpc(stack, "Vpc", nat_gateways=0, max_azs=1)
    # Not open, because the sandbox does not know a VPC's addresses.
    vpc.add_interface_endpoint("Glue", service=aws_ec2.InterfaceVpcEndpointAwsService.GLUE, open=False)
    return LabelsProvider(
        stack,
        "Function",
        vpc=vpc,
        vpc_subnets=aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED),
        role=aws_iam.Role(stack, "FunctionRole", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com")),
        log_group=aws_logs.LogGroup(stack, "Logs", removal_policy=RemovalPolicy.DESTROY),
        memory_size=512,
        environment={"LOG_LEVEL": "DEBUG"},
        environment_encryption=aws_kms.Key(stack, "Key", removal_policy=RemovalPolicy.DESTROY),
        tracing=aws_lambda.Tracing.ACTIVE,
        reserved_concurrent_executions=2,
        dead_letter_queue=aws_sqs.Queue(stack, "GivenUp"),
    )


app = App()
context = app.node.try_get_context
stack = Stack(app, context("stack"))
role = glue_role(stack)
role.add_to_policy(
    aws_iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"arn:aws:s3:::{LABEL_FILES}/*"])
)
transform = people_transform(stack, "Transform", role, people_table(stack))
labels_import = LabelsImport(
    stack,
    context("import_id") or "Labels",
    transform=context("transform") or transform,
    labels=Labels.from_asset(context("labels")),
    replace_all_labels=True,
    transform_role=None if context("grant") == "no" else role,
    timeout=Duration.seconds(int(context("timeout") or 3300)),
    provider=company_provider() if context("company") else None,
)
if context("then_fail"):
    doomed = LabelsImport(
        stack, "Doomed", transform="tfm-nobody-made-this", labels=Labels.from_asset(context("labels"))
    )
    doomed.node.add_dependency(labels_import)
if context("function_timeout"):
    # A test cannot wait for Lambda's 15 minutes. The end of a shorter invocation is handled the same way.
    for function in stack.node.find_all():
        if isinstance(function, aws_lambda.CfnFunction):
            function.timeout = int(context("function_timeout"))
CfnOutput(stack, "TransformId", value=transform.ref)
CfnOutput(stack, "TaskRunId", value=labels_import.task_run_id)
CfnOutput(stack, "CompletedOn", value=labels_import.completed_on)
app.synth()
