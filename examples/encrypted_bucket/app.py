"""Labels in a bucket of the app, encrypted with a key of the app."""

import hashlib
from pathlib import Path

from aws_cdk import App, Stack, aws_glue, aws_iam, aws_kms, aws_s3, aws_s3_deployment
from constructs import Construct

from glue_labels import Labels, LabelsImport

# A table of your Data Catalog. Its records must include the labeled ones.
DATABASE, TABLE = "crm", "customers"

# AWS's pages disagree about which Glue versions a FindMatches transform can have. Find out which you can use:
# docs/availability.md.
GLUE_VERSION = "4.0"


class EncryptedBucket(Stack):
    """A key, a bucket, the label file in it, and a transform whose role may decrypt that file."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)

        key = aws_kms.Key(self, "LabelKey", enable_key_rotation=True)
        bucket = aws_s3.Bucket(
            self,
            "LabelFiles",
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            encryption=aws_s3.BucketEncryption.KMS,
            encryption_key=key,
            enforce_ssl=True,
        )
        # One file for each version, all in one folder. Former files stay, because a rollback imports one.
        # The role is allowed to read the folder, so a new version does not change its policy.
        labels = Path("labels/customers.csv")
        version = hashlib.sha256(labels.read_bytes()).hexdigest()[:16]
        file_name = f"customers-{version}.csv"
        upload = aws_s3_deployment.BucketDeployment(
            self,
            "Upload",
            destination_bucket=bucket,
            destination_key_prefix="labels",
            sources=[aws_s3_deployment.Source.data(file_name, labels.read_text(encoding="utf-8"))],
            prune=False,
        )

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

        labels_import = LabelsImport(
            self,
            "CustomerLabels",
            transform=transform,
            # Only from_asset checks the file at synth. Run `glue-labels check labels/customers.csv` first.
            labels=Labels.from_bucket(bucket, f"labels/{file_name}", version=version),
            replace_all_labels=True,
            transform_role=role,  # Gets s3:GetObject on the folder, and kms:Decrypt with the key.
        )
        # The path does not refer to the upload. This line makes the upload come first.
        labels_import.node.add_dependency(upload)


app = App()
EncryptedBucket(app, "EncryptedBucket")
app.synth()
