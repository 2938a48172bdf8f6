"""An app in which the CDK's own functions have work, one stack for each kind."""

from __future__ import annotations

import os

from aws_cdk import (
    App,
    CustomResource,
    Duration,
    Environment,
    RemovalPolicy,
    Stack,
    aws_ec2,
    aws_iam,
    aws_lambda,
    aws_logs,
    aws_s3,
    aws_s3_notifications,
    aws_sqs,
    aws_ssm,
    custom_resources,
    triggers,
)

HELLO = """
import boto3
def handler(event, context):
    boto3.client("ssm").put_parameter(Name="/triggered", Value="yes", Type="String", Overwrite=True)
"""
ON_EVENT = "def handler(event, context):\n    return {'PhysicalResourceId': 'it'}\n"
IS_COMPLETE = "def handler(event, context):\n    return {'IsComplete': True, 'Data': {'Said': 'hello'}}\n"


def function(stack: Stack, name: str, code: str) -> aws_lambda.Function:
    """Return a function of this code."""
    return aws_lambda.Function(
        stack,
        name,
        code=aws_lambda.Code.from_inline(code),
        handler="index.handler",
        runtime=aws_lambda.Runtime.PYTHON_3_13,
    )


app = App()
account = os.environ["CDK_DEFAULT_ACCOUNT"]
here, elsewhere = (Environment(account=account, region=region) for region in ("us-east-1", "eu-west-1"))

retention = Stack(app, "LogRetention", env=here)
aws_logs.LogRetention(
    retention,
    "Retention",
    log_group_name="/kept/for/a/week",
    retention=aws_logs.RetentionDays.ONE_WEEK,
    removal_policy=RemovalPolicy.DESTROY,
)

far = Stack(app, "Far", env=elsewhere, cross_region_references=True)
queue = aws_sqs.Queue(far, "Queue", queue_name="far-queue")
near = Stack(app, "Near", env=here, cross_region_references=True)
aws_ssm.StringParameter(near, "Copy", parameter_name="/copy", string_value=queue.queue_arn)

notified = Stack(app, "Notifications", env=here)
bucket = aws_s3.Bucket(notified, "Bucket", bucket_name="notifying", removal_policy=RemovalPolicy.DESTROY)
bucket.add_event_notification(
    aws_s3.EventType.OBJECT_CREATED, aws_s3_notifications.SqsDestination(aws_sqs.Queue(notified, "Queue"))
)

called = Stack(app, "ApiCall", env=here)
put = aws_iam.PolicyStatement(actions=["ssm:PutParameter"], resources=["*"])
custom_resources.AwsCustomResource(
    called,
    "Call",
    on_create=custom_resources.AwsSdkCall(
        service="SSM",
        action="PutParameter",
        parameters={"Name": "/called", "Value": "yes", "Type": "String"},
        physical_resource_id=custom_resources.PhysicalResourceId.of("called"),
    ),
    policy=custom_resources.AwsCustomResourcePolicy.from_statements([put]),
    install_latest_aws_sdk=False,
)

provided = Stack(app, "Provided", env=here)
provider = custom_resources.Provider(
    provided,
    "Provider",
    on_event_handler=function(provided, "OnEvent", ON_EVENT),
    is_complete_handler=function(provided, "IsComplete", IS_COMPLETE),
    query_interval=Duration.seconds(1),
)
said = CustomResource(provided, "Said", service_token=provider.service_token).get_att_string("Said")
aws_ssm.StringParameter(provided, "Saying", parameter_name="/said", string_value=said)

triggered = Stack(app, "Triggered", env=here)
trigger = function(triggered, "Function", HELLO)
trigger.add_to_role_policy(put)
triggers.Trigger(triggered, "Trigger", handler=trigger)

network = Stack(app, "Network", env=here)
vpc = aws_ec2.Vpc(network, "Vpc", max_azs=1, nat_gateways=0, restrict_default_security_group=True)
aws_ssm.StringParameter(
    network, "Group", parameter_name="/group", string_value=vpc.vpc_default_security_group
)

app.synth()
