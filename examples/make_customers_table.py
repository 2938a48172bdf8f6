"""Create the table of the examples, crm.customers, in the account and region of your AWS credentials.

Use it to try an example on a local AWS, which has no tables at first:

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
