"""An app whose bucket is filled and emptied by CDK's own functions; see test_cdk_buckets.py."""

from __future__ import annotations

from aws_cdk import App, CfnOutput, RemovalPolicy, Stack, aws_s3, aws_s3_deployment

app = App()
stack = Stack(app, "Buckets")
bucket = aws_s3.Bucket(
    stack, "Bucket", removal_policy=RemovalPolicy.DESTROY, auto_delete_objects=True, versioned=True
)
aws_s3_deployment.BucketDeployment(
    stack,
    "Files",
    destination_bucket=bucket,
    sources=[aws_s3_deployment.Source.data("greeting.txt", "hello"), aws_s3_deployment.Source.asset("files")],
)
CfnOutput(stack, "Name", value=bucket.bucket_name)
app.synth()
