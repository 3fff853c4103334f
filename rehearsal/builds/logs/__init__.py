"""A build's log: masked, limited in size, written to files and to CloudWatch Logs."""
