// The function on Powertools for AWS Lambda (TypeScript): batch processing with idempotency, as its documentation shows.

import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { IdempotencyConfig, makeIdempotent } from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";

const workload = process.env.BENCH_WORKLOAD;
const TableName = process.env.BENCH_TABLE;

const dynamodb = new DynamoDBClient({});
const processor = new BatchProcessor(EventType.SQS);
const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env.BENCH_IDEMPOTENCY_TABLE! });
const config = new IdempotencyConfig({ eventKeyJmesPath: "powertools_json(body).detail.eventId" });

type Line = { quantity: number; unitPrice: number };
type Data = { account: string; amount: number; lines: Line[] };

const recordHandler = makeIdempotent(
  async (record: { body: string }) => {
    const { detail } = JSON.parse(record.body) as { detail: { eventId: string; data: Data } };
    const sum = detail.data.lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);
    if (sum !== detail.data.amount) {
      throw new Error("the lines do not add up");
    }
    if (workload === "ledger") {
      await book(detail.data);
    }
    if (workload === "emit") {
      await emit(detail.eventId, detail.data);
    }
    return { eventId: detail.eventId };
  },
  { persistenceStore, config },
);

async function book(data: Data): Promise<void> {
  const Key = { pk: { S: `ledger#${data.account}` }, sk: { S: "state" } };
  const { Item: stored } = await dynamodb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  const number = (name: string) => Number(stored?.[name]?.N ?? 0);
  const Item = {
    ...Key,
    version: { N: String(number("version") + 1) },
    count: { N: String(number("count") + 1) },
    total: { N: String(number("total") + data.amount) },
  };
  const condition = stored
    ? {
        ConditionExpression: "version = :version",
        ExpressionAttributeValues: { ":version": { N: String(number("version")) } },
      }
    : { ConditionExpression: "attribute_not_exists(pk)" };
  await dynamodb.send(new PutItemCommand({ TableName, Item, ...condition }));
}

// Leaves what is to be published later. Id and key follow from the cause's id: an attempt may come twice.
async function emit(cause: string, { account, amount }: Data): Promise<void> {
  const event = {
    eventId: `booked-${cause}`,
    eventType: "payment.booked",
    causationId: cause,
    data: { account, amount },
  };
  const Item = { pk: { S: `outgoing#${cause}` }, sk: { S: "event" }, emitted: { S: JSON.stringify(event) } };
  await dynamodb.send(new PutItemCommand({ TableName, Item }));
}

export const handler = async (event: unknown, context: never) => {
  config.registerLambdaContext(context);
  return processPartialResponse(event as never, recordHandler, processor, { context });
};
