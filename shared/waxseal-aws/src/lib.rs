//! What Waxseal calls on AWS: the DynamoDB table, publishers, dead letters.
