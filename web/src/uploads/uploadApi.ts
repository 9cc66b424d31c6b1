import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import type { AnyVariables, CombinedError } from "urql";

import { createApiClient } from "../api/client";
import { sentence, type UserProblem } from "../api/errors";
import { followEvents } from "../api/eventStream";
import { graphql } from "../api/generated";
import type { UploadsProgressSubscription, UploadsProgressSubscriptionVariables } from "../api/generated/graphql";
import { sockets } from "../api/sockets";
import { digest } from "./digest";
import { putFile } from "./putFile";
import { RefusedError, UnreachableError, type Asked, type UploadPorts } from "./uploadPorts";

const OPEN_BATCHES = graphql(`
  query UploadsOpenBatches($projectId: ID!) {
    project(id: $projectId) {
      id
      uploadBatches(first: 50) {
        nodes {
          id
          name
          status
        }
      }
    }
  }
`);

const REQUEST = graphql(`
  mutation UploadsRequest($input: RequestUploadsInput!) {
    requestUploads(input: $input) {
      userErrors {
        code
        message
        field
      }
      batch {
        id
      }
      uploads {
        uploadId
        url
        headers {
          name
          value
        }
        existingAsset {
          id
        }
      }
    }
  }
`);

const COMPLETE = graphql(`
  mutation UploadsComplete($input: CompleteUploadsInput!) {
    completeUploads(input: $input) {
      userErrors {
        code
        message
        field
      }
      batch {
        id
      }
    }
  }
`);

const PROGRESS = graphql(`
  subscription UploadsProgress($batchId: ID!, $after: String) {
    uploadProgress(batchId: $batchId, after: $after) {
      cursor
      result {
        uploadId
        error {
          message
        }
      }
    }
  }
`);

// One of its own: uploads go on while pages, and their clients, come and go. It reads the token at each request.
const client = createApiClient();

/** The answer's data. Throws UnreachableError where asking again may help, RefusedError with a sentence elsewhere. */
async function answered<Data>(answer: Promise<{ data?: Data; error?: CombinedError }>): Promise<Data> {
  const { data, error } = await answer;
  if (error) {
    const unavailable = error.graphQLErrors.some(({ extensions }) => extensions.code === "UNAVAILABLE");
    const text = sentence(error);
    throw error.graphQLErrors.length === 0 || unavailable ? new UnreachableError(text) : new RefusedError(text);
  }
  if (!data) throw new UnreachableError("The server gave no answer.");
  return data;
}

function mutate<Data, Variables extends AnyVariables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data> {
  return answered(client.mutation(document, variables).toPromise());
}

/** The problems by the place of the file that each is of. Throws where one is of no file. */
function faults(problems: readonly UserProblem[]): Map<number, string> {
  const found = new Map<number, string>();
  for (const { code, message, field } of problems) {
    const [root, list, place] = field ?? [];
    if (code === "UNAVAILABLE") throw new UnreachableError(message);
    if (root !== "input" || list !== "files" || !/^\d+$/.test(place ?? "")) throw new RefusedError(message);
    found.set(Number(place), message);
  }
  return found;
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => () => {
      clearTimeout(timer);
      window.removeEventListener("online", go);
      signal.removeEventListener("abort", stop);
      settle();
    };
    const go = end(resolve);
    const stop = end(() => reject(signal.reason as Error));
    const timer = setTimeout(go, milliseconds);
    window.addEventListener("online", go);
    signal.addEventListener("abort", stop);
  });
}

/** The queue's world: the contract, the object store and this browser. */
export const uploadApi: UploadPorts = {
  digest,
  put: putFile,
  sleep: wait,

  async openBatch(projectId, name) {
    const asked = client.query(OPEN_BATCHES, { projectId }, { requestPolicy: "network-only" }).toPromise();
    const { nodes } = (await answered(asked)).project.uploadBatches;
    return nodes.find((batch) => batch.name === name && batch.status !== "DONE")?.id ?? null;
  },

  async request(projectId, batch, files): Promise<Asked> {
    const place = batch.id === null ? { batchName: batch.name } : { batchId: batch.id };
    const { userErrors, uploads, batch: made } = (await mutate(REQUEST, { input: { projectId, ...place, files: [...files] } })).requestUploads;
    if (userErrors.length > 0 || made === null || made === undefined) return { faults: faults(userErrors) };
    const targets = uploads.map(({ uploadId = null, url = null, headers, existingAsset }) => ({
      uploadId,
      url,
      headers,
      known: Boolean(existingAsset),
    }));
    return { batchId: made.id, targets };
  },

  async complete(projectId, uploadIds) {
    const { userErrors, batch } = (await mutate(COMPLETE, { input: { projectId, uploadIds: [...uploadIds] } })).completeUploads;
    if (!batch) throw new RefusedError(userErrors.map(({ message }) => message).join(" "));
    return batch.id;
  },

  follow: (batchId, after, onVerdict) =>
    followEvents<UploadsProgressSubscription, UploadsProgressSubscriptionVariables, UploadsProgressSubscription["uploadProgress"]>(sockets, {
      document: PROGRESS,
      variables: { batchId, after },
      pick: (data) => data.uploadProgress,
      onEvent: ({ cursor, result }) =>
        onVerdict(cursor, result ? { uploadId: result.uploadId, problem: result.error?.message ?? null } : null),
    }),
};
