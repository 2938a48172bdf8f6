"""Several label files for one transform, imported in order: the first replaces, the others add."""

from aws_cdk import App, CfnOutput, Stack, aws_glue, aws_iam
from constructs import Construct

from glue_labels import Labels, LabelsImport

# A table of your Data Catalog. Its records must include the labeled ones.
DATABASE, TABLE = "crm", "customers"

# Which Glue versions a FindMatches transform can have is for you to find out, because AWS's pages disagree:
# docs/availability.md.
GLUE_VERSION = "4.0"


class SeveralFiles(Stack):
    """A transform, and three rounds of labels that it is taught one after the other."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)

        # The policy that Glue asks for; reading the table's own data in S3 must be granted beside it.
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
        # A changed first round forgets the others: as their version is the first's run, they are then
        # imported again too, though their own files are the same.
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
        # CloudFormation begins what is not ordered at the same moment.
        second.node.add_dependency(first)
        third.node.add_dependency(second)

        CfnOutput(self, "TransformId", value=transform.ref)


app = App()
SeveralFiles(app, "SeveralFiles")
app.synth()
