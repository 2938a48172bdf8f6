"""A transform of customers whose records are in S3, with labels if a label file is given."""

from __future__ import annotations

from aws_cdk import App, CfnOutput, Stack, aws_glue, aws_iam
from people import glue_role, people_transform

from glue_labels import Labels, LabelsImport, TransformEvaluation

COLUMNS = ("customer_id", "first_name", "last_name", "email", "phone", "street", "city", "postal_code")

app = App()
context = app.node.try_get_context
stack = Stack(app, context("stack"))
bucket = context("bucket")
role = glue_role(stack)
for action, resource in {
    "s3:ListBucket": "",
    "s3:GetObject": "/customers/*",
    "s3:PutObject": "/labeling/*",
}.items():
    role.add_to_policy(
        aws_iam.PolicyStatement(actions=[action], resources=[f"arn:aws:s3:::{bucket}{resource}"])
    )
database = aws_glue.CfnDatabase(
    stack,
    "Database",
    catalog_id=stack.account,
    database_input=aws_glue.CfnDatabase.DatabaseInputProperty(),
)
table = aws_glue.CfnTable(
    stack,
    "Customers",
    catalog_id=stack.account,
    database_name=database.ref,
    table_input=aws_glue.CfnTable.TableInputProperty(
        name="customers",
        parameters={"skip.header.line.count": "1"},
        storage_descriptor=aws_glue.CfnTable.StorageDescriptorProperty(
            location=f"s3://{bucket}/customers/",
            columns=[aws_glue.CfnTable.ColumnProperty(name=name, type="string") for name in COLUMNS],
        ),
    ),
)
transform = people_transform(stack, "Transform", role, table, primary_key="customer_id")
CfnOutput(stack, "TransformId", value=transform.ref)
if context("labeled"):
    labels = LabelsImport(
        stack,
        "Labels",
        transform=transform,
        labels=Labels.from_asset(context("labels"), columns=table),
        replace_all_labels=True,
        transform_role=role,
    )
    quality = TransformEvaluation(stack, "Quality", transform=transform, after=[labels])
    CfnOutput(stack, "F1", value=quality.f1)
app.synth()
