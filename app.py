"""Example app: a FindMatches transform for customer records, and its labels."""

from aws_cdk import App, CfnOutput, RemovalPolicy, Stack, aws_glue, aws_iam, aws_s3, aws_s3_deployment
from constructs import Construct

from glue_labels import Labels, LabelsImport, QualityMetrics, TransformEvaluation

# AWS's pages disagree about which Glue versions a FindMatches transform can have. Find out which you can use:
# docs/availability.md.
GLUE_VERSION = "4.0"

CUSTOMER_COLUMNS = [
    "customer_id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "street",
    "city",
    "postal_code",
]


class GlueLabelsExample(Stack):
    """A table of customers, a transform that finds duplicates in it, and labels that teach the transform."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)

        bucket = aws_s3.Bucket(
            self,
            "CustomerRecords",
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        # The table must contain the labeled records (Glue developer guide, "Record matching with AWS Lake
        # Formation FindMatches").
        records = aws_s3_deployment.BucketDeployment(
            self,
            "UploadedRecords",
            destination_bucket=bucket,
            destination_key_prefix="customers",
            sources=[aws_s3_deployment.Source.asset("records")],
            retain_on_delete=False,  # CloudFormation can delete a bucket only when it is empty.
        )
        database = aws_glue.CfnDatabase(
            self,
            "Database",
            catalog_id=self.account,
            database_input=aws_glue.CfnDatabase.DatabaseInputProperty(description="Customer records"),
        )
        table = aws_glue.CfnTable(
            self,
            "Customers",
            catalog_id=self.account,
            database_name=database.ref,
            table_input=aws_glue.CfnTable.TableInputProperty(
                name="customers",
                table_type="EXTERNAL_TABLE",
                parameters={"classification": "csv", "skip.header.line.count": "1"},
                storage_descriptor=aws_glue.CfnTable.StorageDescriptorProperty(
                    location=bucket.s3_url_for_object("customers/"),
                    input_format="org.apache.hadoop.mapred.TextInputFormat",
                    output_format="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                    serde_info=aws_glue.CfnTable.SerdeInfoProperty(
                        serialization_library="org.apache.hadoop.hive.serde2.OpenCSVSerde"
                    ),
                    columns=[
                        aws_glue.CfnTable.ColumnProperty(name=column, type="string")
                        for column in CUSTOMER_COLUMNS
                    ],
                ),
            ),
        )

        # The policy that Glue requires. Access to the records and to the label file is granted below.
        role = aws_iam.Role(
            self,
            "TransformRole",
            assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"),
            managed_policies=[
                aws_iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSGlueServiceRole")
            ],
        )
        bucket.grant_read(role, "customers/*")

        transform = aws_glue.CfnMLTransform(
            self,
            "Transform",
            role=role.role_arn,
            input_record_tables=aws_glue.CfnMLTransform.InputRecordTablesProperty(
                glue_tables=[
                    aws_glue.CfnMLTransform.GlueTablesProperty(
                        database_name=database.ref, table_name=table.ref
                    )
                ]
            ),
            transform_parameters=aws_glue.CfnMLTransform.TransformParametersProperty(
                transform_type="FIND_MATCHES",
                find_matches_parameters=aws_glue.CfnMLTransform.FindMatchesParametersProperty(
                    primary_key_column_name="customer_id", precision_recall_tradeoff=0.9
                ),
            ),
            glue_version=self.node.try_get_context("glue_version") or GLUE_VERSION,
        )

        customer_labels = LabelsImport(
            self,
            "CustomerLabels",
            transform=transform,
            labels=Labels.from_asset("labels/customers.csv", columns=table),
            replace_all_labels=True,
            transform_role=role,
        )
        # The table refers to the bucket, not to the upload. This line makes the upload come first.
        customer_labels.node.add_dependency(records)

        # If F1 falls below 0.8, the deployment fails and CloudFormation rolls the labels back.
        quality = TransformEvaluation(
            self,
            "Quality",
            transform=transform,
            after=[customer_labels],
            minimum=QualityMetrics(f1=0.8),
        )

        CfnOutput(self, "TransformId", value=transform.ref)
        CfnOutput(self, "TaskRunId", value=customer_labels.task_run_id)
        CfnOutput(self, "F1", value=quality.f1)


app = App()
GlueLabelsExample(app, "GlueLabelsExample")
app.synth()
