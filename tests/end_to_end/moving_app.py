"""An app whose import changes, by context: transform, role, bucket; or it is removed."""

from __future__ import annotations

from aws_cdk import App, Stack, aws_s3
from deployment import LABEL_FILES
from people import glue_role, people_table, people_transform

from glue_labels import Labels, LabelsImport

app = App()
context = app.node.try_get_context
stack = Stack(app, context("stack"))
roles = {name: glue_role(stack, f"GlueRole{name}") for name in ("A", "B", "Steady")}
role = roles[context("role") or "A"]
table = people_table(stack)
transforms = {
    name: people_transform(stack, name, roles.get(name, role), table)
    for name in ("First", "Second", "Steady")
}
bucket = aws_s3.Bucket.from_bucket_name(stack, "Bucket", LABEL_FILES)
labels = (
    Labels.from_bucket(bucket, context("key")) if context("key") else Labels.from_asset(context("labels"))
)
# One import stays, and with it the function. Its grant is of no use to the other.
LabelsImport(
    stack,
    "SteadyLabels",
    transform=transforms["Steady"],
    labels=Labels.from_asset(context("steady")),
    replace_all_labels=True,
    transform_role=roles["Steady"],
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
