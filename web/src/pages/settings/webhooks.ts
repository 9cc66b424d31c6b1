import { graphql } from "../../api/generated";
import type { SettingsDeliveriesQuery, WebhookEvent } from "../../api/generated/graphql";
import { counted } from "../../components/numbers";

type Node = NonNullable<SettingsDeliveriesQuery["node"]>;
export type Delivery = Extract<Node, { deliveries: unknown }>["deliveries"]["nodes"][number];

export const WEBHOOKS = graphql(`
  query SettingsWebhooks($id: ID!) {
    project(id: $id) {
      id
      webhooks {
        id
        url
        events
      }
    }
  }
`);

export const DELIVERIES = graphql(`
  query SettingsDeliveries($id: ID!, $first: Int!) {
    node(id: $id) {
      id
      ... on Webhook {
        deliveries(first: $first) {
          nodes {
            id
            event
            attempts
            status
            error
            createdAt
            deliveredAt
            nextTryAt
          }
          totalCount
        }
      }
    }
  }
`);

export const CREATE_WEBHOOK = graphql(`
  mutation SettingsCreateWebhook($input: CreateWebhookInput!) {
    createWebhook(input: $input) {
      userErrors {
        code
        message
        field
      }
      secret
      webhook {
        id
        url
        events
      }
    }
  }
`);

export const DELETE_WEBHOOK = graphql(`
  mutation SettingsDeleteWebhook($id: ID!) {
    deleteWebhook(id: $id) {
      userErrors {
        code
        message
        field
      }
      deletedIds
    }
  }
`);

export const EVENT_WORDS: Record<WebhookEvent, string> = {
  VERSION_READY: "Version ready",
  VERSION_FAILED: "Version failed",
  TRAINING_COMPLETED: "Training completed",
  TRAINING_FAILED: "Training failed",
  MODEL_DEPLOYED: "Model deployed",
  DEPLOYMENT_FAILED: "Deployment failed",
};

/** How a delivery stands: a status of StatusChip and the word in its place. */
export function stateOf({ attempts, error, deliveredAt, nextTryAt }: Delivery): [status: string, word: string] {
  if (deliveredAt) return ["DONE", "Delivered"];
  if (!nextTryAt) return ["FAILED", "Given up"];
  if (error) return ["PENDING", "Retrying"];
  return attempts === 0 ? ["QUEUED", "Waiting"] : ["PENDING", "Sending"];
}

/** What was answered so far, as `HTTP 500, 3 tries`. */
export function answerOf({ attempts, status }: Delivery): string {
  if (attempts === 0) return "not sent yet";
  return `${status ? `HTTP ${status}` : "no answer"}, ${counted(attempts, "try", "tries")}`;
}
