"""Make the table that the examples expect, crm.customers, in the account and region of the AWS credentials.

It is for the rehearsal on a local AWS, where no table exists:

    glue-labels sandbox -- bash -c 'python ../make_customers_table.py && cdk deploy --require-approval never'
"""

import boto3

COLUMNS = ("customer_id", "first_name", "last_name", "email", "phone", "street", "city", "postal_code")

glue = boto3.client("glue")
glue.create_database(DatabaseInput={"Name": "crm"})
glue.create_table(
    DatabaseName="crm",
    TableInput={
        "Name": "customers",
        "StorageDescriptor": {"Columns": [{"Name": column, "Type": "string"} for column in COLUMNS]},
    },
)
