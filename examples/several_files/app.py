"""Several label files for one transform, imported in order: the first replaces, the others add."""

from aws_cdk import App, CfnOutput, Stack, aws_glue, aws_iam
from constructs import Construct

from glue_labels import Labels, LabelsImport

# A table of your Data Catalog. Its records must include the labeled ones.
DATABASE, TABLE = "crm", "customers"

# AWS's pages disagree about which Glue versions a FindMatches transform can have. Find out which you can use:
# docs/availability.md.
GLUE_VERSION = "4.0"


class SeveralFiles(Stack):
    """A transform, and three rounds of labels, imported one after the other."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)

        # The policy that Glue requires. The role must also be allowed to read the table's data in S3.
        role = aws_iam.Role(
            self,
            "TransformRole",
            assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"),
            managed_policies=[
                aws_iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSGlueServiceRole")
            ],
        )
        transform = aws_glue.CfnMLTransform(
            self,
            "Transform",
            role=role.role_arn,
            input_record_tables=aws_glue.CfnMLTransform.InputRecordTablesProperty(
                glue_tables=[
                    aws_glue.CfnMLTransform.GlueTablesProperty(database_name=DATABASE, table_name=TABLE)
                ]
            ),
            transform_parameters=aws_glue.CfnMLTransform.TransformParametersProperty(
                transform_type="FIND_MATCHES",
                find_matches_parameters=aws_glue.CfnMLTransform.FindMatchesParametersProperty(
                    primary_key_column_name="customer_id"
                ),
            ),
            glue_version=GLUE_VERSION,
        )

        first = LabelsImport(
            self,
            "FirstRound",
            transform=transform,
            labels=Labels.from_asset("labels/1-first-round.csv"),
            replace_all_labels=True,
            transform_role=role,
        )
        # When the first file changes, its import replaces all labels, including those of the later rounds.
        # Their version is the task run of the first import, so they are imported again as well.
        second = LabelsImport(
            self,
            "SecondRound",
            transform=transform,
            labels=Labels.from_asset("labels/2-second-round.csv", version=first.task_run_id),
            transform_role=role,
        )
        third = LabelsImport(
            self,
            "ThirdRound",
            transform=transform,
            labels=Labels.from_asset("labels/3-third-round.csv", version=first.task_run_id),
            transform_role=role,
        )
        # Without an order CloudFormation would start all imports at the same time.
        second.node.add_dependency(first)
        third.node.add_dependency(second)

        CfnOutput(self, "TransformId", value=transform.ref)


app = App()
SeveralFiles(app, "SeveralFiles")
app.synth()
