"""A transform of people for the apps of the end-to-end tests, with its table and role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_glue, aws_iam

if TYPE_CHECKING:
    from aws_cdk import Stack


def glue_role(stack: Stack, name: str = "Role") -> aws_iam.Role:
    return aws_iam.Role(stack, name, assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))


def people_table(stack: Stack) -> aws_glue.CfnTable:
    database = aws_glue.CfnDatabase(
        stack,
        "Database",
        catalog_id=stack.account,
        database_input=aws_glue.CfnDatabase.DatabaseInputProperty(),
    )
    return aws_glue.CfnTable(
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


def people_transform(
    stack: Stack, name: str, role: aws_iam.Role, table: aws_glue.CfnTable, primary_key: str = "name"
) -> aws_glue.CfnMLTransform:
    return aws_glue.CfnMLTransform(
        stack,
        name,
        role=role.role_arn,
        input_record_tables=aws_glue.CfnMLTransform.InputRecordTablesProperty(
            glue_tables=[
                aws_glue.CfnMLTransform.GlueTablesProperty(
                    database_name=table.database_name, table_name=table.ref
                )
            ]
        ),
        transform_parameters=aws_glue.CfnMLTransform.TransformParametersProperty(
            transform_type="FIND_MATCHES",
            find_matches_parameters=aws_glue.CfnMLTransform.FindMatchesParametersProperty(
                primary_key_column_name=primary_key
            ),
        ),
    )
