"""DynamoDB and DynamoDB Streams in this process: moto's tables and expressions under a lock, with atomic writes.

LocalStack's own provider downloads and starts DynamoDB Local (Java). moto alone loses writes under concurrency, leaves
half of a failed update behind, and copies whole tables for a transaction.
"""
