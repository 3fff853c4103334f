"""A database schema in versioned SQL, applied by a function whenever the SQL changes.

handler/    the function, and a command line: it answers CloudFormation itself
source.py   what the function's folder is made of
construct.py  the function and its custom resource
"""
