"""A quality gate: if the transform's quality falls below a minimum, its labels are rolled back."""

from aws_cdk import App, CfnOutput, Stack, aws_glue, aws_iam
from constructs import Construct

from glue_labels import Labels, LabelsImport, QualityMetrics, TransformEvaluation

# A table of your Data Catalog. Its records must include the labeled ones.
DATABASE, TABLE = "crm", "customers"

# AWS's pages disagree about which Glue versions a FindMatches transform can have. Find out which you can use:
# docs/availability.md.
GLUE_VERSION = "4.0"


class QualityGate(Stack):
    """A transform, its labels, and the minimum quality for a deployment to succeed."""

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

        customer_labels = LabelsImport(
            self,
            "CustomerLabels",
            transform=transform,
            labels=Labels.from_asset("labels/customers.csv"),
            replace_all_labels=True,
            transform_role=role,
        )
        # Below the minimum, the deployment fails and CloudFormation's rollback imports the former labels.
        quality = TransformEvaluation(
            self,
            "Quality",
            transform=transform,
            after=[customer_labels],
            minimum=QualityMetrics(f1=0.85, precision=0.8),
        )

        CfnOutput(self, "TransformId", value=transform.ref)
        CfnOutput(self, "F1", value=quality.f1)
        CfnOutput(self, "Precision", value=quality.precision)
        CfnOutput(self, "Recall", value=quality.recall)


app = App()
QualityGate(app, "QualityGate")
app.synth()
