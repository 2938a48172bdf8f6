"""What every contender's stack has: transforms and a label file."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import Stack, aws_glue, aws_iam, aws_s3_assets

if TYPE_CHECKING:
    from constructs import Construct

_LABELS = Path(__file__).parents[2] / "labels" / "customers.csv"
_COLUMNS = ("customer_id", "first_name", "last_name", "email", "phone", "street", "city", "postal_code")


class BaseStack(Stack):
    """A stack without imports. A contender adds them.

    Args:
        scope: the app.
        construct_id: the stack's name.
        transforms: how many there are.
        taught: how many of them the imports teach, in turn. By default all: then no import waits for another.

    Attributes:
        labels: the label file, which the transforms' role may read.
    """

    def __init__(
        self, scope: Construct, construct_id: str, transforms: int = 1, taught: int | None = None
    ) -> None:
        super().__init__(scope, construct_id, analytics_reporting=False)
        self._role = aws_iam.Role(
            self, "TransformRole", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com")
        )
        self.labels = aws_s3_assets.Asset(self, "Labels", path=str(_LABELS))
        self.labels.grant_read(self._role)
        self._table = self._customers()
        self._transforms = [self._transform(number) for number in range(transforms)]
        self._taught = self._transforms[:taught]

    def transform_ids(self, count: int) -> list[str]:
        """Return the ids of the transforms that `count` imports teach."""
        return [transform.ref for transform in itertools.islice(itertools.cycle(self._taught), count)]

    def transform_arn(self, transform_id: str) -> str:
        """Return a transform's ARN."""
        return self.format_arn(service="glue", resource="mlTransform", resource_name=transform_id)

    def import_properties(self, transform_id: str) -> dict[str, object]:
        """Return the properties of a custom resource."""
        return {
            "TransformId": transform_id,
            "InputS3Path": self.labels.s3_object_url,
            "ReplaceAllLabels": True,
        }

    def _customers(self) -> aws_glue.CfnTable:
        # Without a name, CloudFormation gives the database of each stack a unique one.
        database = aws_glue.CfnDatabase(
            self,
            "Database",
            catalog_id=self.account,
            database_input=aws_glue.CfnDatabase.DatabaseInputProperty(description="Customer records"),
        )
        return aws_glue.CfnTable(
            self,
            "Customers",
            catalog_id=self.account,
            database_name=database.ref,
            table_input=aws_glue.CfnTable.TableInputProperty(
                name="customers",
                storage_descriptor=aws_glue.CfnTable.StorageDescriptorProperty(
                    columns=[
                        aws_glue.CfnTable.ColumnProperty(name=column, type="string") for column in _COLUMNS
                    ]
                ),
            ),
        )

    def _transform(self, number: int) -> aws_glue.CfnMLTransform:
        transform = aws_glue.CfnMLTransform(
            self,
            f"Transform{number}",
            role=self._role.role_arn,
            input_record_tables=aws_glue.CfnMLTransform.InputRecordTablesProperty(
                glue_tables=[
                    aws_glue.CfnMLTransform.GlueTablesProperty(
                        database_name=self._table.database_name, table_name=self._table.ref
                    )
                ]
            ),
            transform_parameters=aws_glue.CfnMLTransform.TransformParametersProperty(
                transform_type="FIND_MATCHES",
                find_matches_parameters=aws_glue.CfnMLTransform.FindMatchesParametersProperty(
                    primary_key_column_name="customer_id"
                ),
            ),
        )
        # Nothing refers to the role's policy, but an import needs it to read the file.
        transform.node.add_dependency(self._role)
        return transform
