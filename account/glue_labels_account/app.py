"""The CDK app of the scenarios: a table and its bucket, roles, transforms, and imports of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import App, CfnOutput, RemovalPolicy, Stack, aws_glue, aws_iam, aws_lambda, aws_s3

from glue_labels import Labels, LabelsImport

from .desired import CONTEXT_KEY, DPUS, EXPORTS_FOLDER, PROBES_FOLDER, RECORDS_FOLDER, Desired
from .label_files import COLUMNS, PRIMARY_KEY

if TYPE_CHECKING:
    from constructs import Construct

NO_TRANSFORM = f"tfm-{'0' * 40}"
"""The id of a transform that does not exist."""


class ScenarioStack(Stack):
    """Everything that the scenarios create, in one stack that is easy to delete."""

    def __init__(self, scope: Construct, desired: Desired) -> None:
        super().__init__(scope, desired.stack)
        self._desired = desired
        self._bucket = aws_s3.Bucket(
            self,
            "Records",
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self._database = aws_glue.CfnDatabase(
            self, "Database", catalog_id=self.account, database_input={"description": "Account check"}
        )
        self._table = self._customers()
        role = self._role("Role")
        probe_role = self._role("ProbeRole")
        self._bucket.grant_read(probe_role, f"{PROBES_FOLDER}*")
        self._bucket.grant_put(probe_role, f"{EXPORTS_FOLDER}*")
        role_without_grant = self._role("RoleWithoutGrant")
        self._output("Bucket", self._bucket.bucket_name)
        self._output("DatabaseName", self._database.ref)
        self._output("TableName", self._table.ref)
        self._output("ProbeRoleArn", probe_role.role_arn)
        if desired.labels is None:
            return
        transform = self._transform("Transform", role)
        self._transform("ProbeTransform", probe_role)
        self._transform("DeniedTransform", role_without_grant)
        labels_import = self._import("Labels", transform, role)
        # The import does not need it. In a rollback the stack's events show which of the two comes first.
        marker = aws_iam.Policy(
            self,
            "Marker",
            roles=[role],
            statements=[
                aws_iam.PolicyStatement(
                    actions=["s3:GetObjectTagging"],
                    resources=[self._bucket.arn_for_objects(f"marker-{desired.version}/*")],
                )
            ],
        )
        labels_import.node.add_dependency(marker)
        if desired.new_role:
            new_role = self._role("NewRole")
            self._import("NewRoleLabels", self._transform("NewRoleTransform", new_role), new_role)
        if desired.then_fail:
            doomed = LabelsImport(
                self, "Doomed", transform=NO_TRANSFORM, labels=Labels.from_asset(desired.labels)
            )
            doomed.node.add_dependency(labels_import)
        if desired.function_timeout is not None:
            for construct in self.node.find_all():
                if isinstance(construct, aws_lambda.CfnFunction):
                    construct.timeout = desired.function_timeout

    def _output(self, key: str, value: str) -> None:
        CfnOutput(self, f"{key}Output", key=key, value=value)

    def _customers(self) -> aws_glue.CfnTable:
        return aws_glue.CfnTable(
            self,
            "Customers",
            catalog_id=self.account,
            database_name=self._database.ref,
            table_input=aws_glue.CfnTable.TableInputProperty(
                name="customers",
                table_type="EXTERNAL_TABLE",
                parameters={"classification": "csv", "skip.header.line.count": "1"},
                storage_descriptor=aws_glue.CfnTable.StorageDescriptorProperty(
                    location=self._bucket.s3_url_for_object(RECORDS_FOLDER),
                    input_format="org.apache.hadoop.mapred.TextInputFormat",
                    output_format="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                    serde_info=aws_glue.CfnTable.SerdeInfoProperty(
                        serialization_library="org.apache.hadoop.hive.serde2.OpenCSVSerde"
                    ),
                    columns=[aws_glue.CfnTable.ColumnProperty(name=name, type="string") for name in COLUMNS],
                ),
            ),
        )

    def _role(self, name: str) -> aws_iam.Role:
        role = aws_iam.Role(
            self,
            name,
            assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"),
            managed_policies=[
                aws_iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSGlueServiceRole")
            ],
        )
        self._bucket.grant_read(role, f"{RECORDS_FOLDER}*")
        return role

    def _transform(self, name: str, role: aws_iam.Role) -> aws_glue.CfnMLTransform:
        transform = aws_glue.CfnMLTransform(
            self,
            name,
            role=role.role_arn,
            input_record_tables={
                "glueTables": [{"databaseName": self._database.ref, "tableName": self._table.ref}]
            },
            transform_parameters={
                "transformType": "FIND_MATCHES",
                "findMatchesParameters": {"primaryKeyColumnName": PRIMARY_KEY},
            },
            worker_type="G.1X",
            number_of_workers=DPUS,
            glue_version=self._desired.glue_version,
        )
        self._output(name, transform.ref)
        return transform

    def _import(self, name: str, transform: aws_glue.CfnMLTransform, role: aws_iam.Role) -> LabelsImport:
        desired = self._desired
        labels = Labels.from_asset(str(desired.labels))
        if desired.labels_key is not None:
            labels = Labels.from_bucket(self._bucket, desired.labels_key, version=desired.version)
        return LabelsImport(
            self, name, transform=transform, labels=labels, replace_all_labels=True, transform_role=role
        )


def main() -> None:
    """Synthesize the stack that the context describes."""
    app = App()
    ScenarioStack(app, Desired.from_context(app.node.try_get_context(CONTEXT_KEY)))
    app.synth()


if __name__ == "__main__":
    main()
