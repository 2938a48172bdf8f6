"""An app whose import moves, by context: to another transform, to labels in another bucket, or away."""

from __future__ import annotations

from aws_cdk import App, Stack, aws_glue, aws_iam, aws_s3
from deployment import LABEL_FILES

from glue_labels import Labels, LabelsImport

app = App()
context = app.node.try_get_context
stack = Stack(app, context("stack"))
role = aws_iam.Role(stack, "Role", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))
database = aws_glue.CfnDatabase(
    stack, "Database", catalog_id=stack.account, database_input=aws_glue.CfnDatabase.DatabaseInputProperty()
)
table = aws_glue.CfnTable(
    stack,
    "People",
    catalog_id=stack.account,
    database_name=database.ref,
    table_input=aws_glue.CfnTable.TableInputProperty(
        name="people",
        storage_descriptor=aws_glue.CfnTable.StorageDescriptorProperty(
            columns=[aws_glue.CfnTable.ColumnProperty(name="name", type="string")]
        ),
    ),
)
transforms = {
    name: aws_glue.CfnMLTransform(
        stack,
        name,
        role=role.role_arn,
        input_record_tables=aws_glue.CfnMLTransform.InputRecordTablesProperty(
            glue_tables=[
                aws_glue.CfnMLTransform.GlueTablesProperty(database_name=database.ref, table_name=table.ref)
            ]
        ),
        transform_parameters=aws_glue.CfnMLTransform.TransformParametersProperty(
            transform_type="FIND_MATCHES",
            find_matches_parameters=aws_glue.CfnMLTransform.FindMatchesParametersProperty(
                primary_key_column_name="name"
            ),
        ),
    )
    for name in ("First", "Second", "Steady")
}
bucket = aws_s3.Bucket.from_bucket_name(stack, "Bucket", LABEL_FILES)
labels = (
    Labels.from_bucket(bucket, context("key")) if context("key") else Labels.from_asset(context("labels"))
)
# One import stays, and with it the function.
LabelsImport(
    stack,
    "SteadyLabels",
    transform=transforms["Steady"],
    labels=Labels.from_asset(context("steady")),
    replace_all_labels=True,
    transform_role=role,
)
if context("into") != "nobody":
    moving = LabelsImport(
        stack,
        "Labels",
        transform=transforms[context("into") or "First"],
        labels=labels,
        replace_all_labels=True,
        transform_role=role,
    )
    if context("then_fail"):
        doomed = LabelsImport(stack, "Doomed", transform="tfm-nobody-made-this", labels=labels)
        doomed.node.add_dependency(moving)
app.synth()
