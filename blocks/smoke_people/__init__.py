"""The people that smoke tests are: a function makes them in the user pool and deletes them.

IAM cannot say which users of a pool a caller may touch: whoever may set passwords may set everybody's. So the
smoke tests may only call this function, which makes people of its own and knows no other.

handler.py    the function
construct.py  the function in a stack
"""
