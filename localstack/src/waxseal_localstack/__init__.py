"""LocalStack 4.14.0 as a plain process on 127.0.0.1: no Docker, no token.

`cli` is what a person types, `supervisor` owns the processes, `host` is LocalStack itself; `executor`, `dynamodb` and
`mends` are what is loaded into it.
"""
