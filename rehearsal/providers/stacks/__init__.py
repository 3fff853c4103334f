"""Parts of the CloudFormation action: its configuration, its template and parameters, its stack."""
