import { useCallback, useEffect, useRef, useState } from "react";
import { useClient } from "urql";

import { sentence, type UserProblem } from "../../api/errors";
import { useEventStream } from "../../api/eventStream";
import { graphql } from "../../api/generated";
import type {
  ExportFormat,
  ImagesImportProgressSubscription,
  ImagesImportProgressSubscriptionVariables,
} from "../../api/generated/graphql";
import { digest } from "../../uploads/digest";
import { putFile } from "../../uploads/putFile";

const REQUEST_FILE = graphql(`
  mutation ImagesRequestFile($input: RequestFileUploadInput!) {
    requestFileUpload(input: $input) {
      userErrors {
        code
        message
        field
      }
      upload {
        uploadId
        url
        headers {
          name
          value
        }
      }
    }
  }
`);

const IMPORT = graphql(`
  mutation ImagesImport($input: ImportAnnotationsInput!) {
    importAnnotations(input: $input) {
      userErrors {
        code
        message
        field
      }
      job {
        id
      }
    }
  }
`);

const PROGRESS = graphql(`
  subscription ImagesImportProgress($jobId: ID!, $after: String) {
    importProgress(jobId: $jobId, after: $after) {
      cursor
      done
      total
      job {
        id
        status
        imported
        skipped
        failureReason
        warnings {
          code
          message
          count
        }
      }
    }
  }
`);

type Progress = ImagesImportProgressSubscription["importProgress"];
export type ImportedJob = Progress["job"];

export type ImportStep =
  | { at: "choosing"; problem?: string }
  | { at: "reading" }
  | { at: "sending"; sent: number; total: number }
  | { at: "importing"; jobId: string; done: number; total: number }
  | { at: "over"; job: ImportedJob };

export interface ImportOrder {
  projectId: string;
  file: File;
  format: ExportFormat;
  keepSplits: boolean;
}

function check({ userErrors }: { userErrors: readonly UserProblem[] }): void {
  if (userErrors.length > 0) throw new Error(userErrors.map(({ message }) => message).join(" "));
}

/** Sends an annotation file and follows its import to the end. Closing the page leaves the import going. */
export function useImport(): { step: ImportStep; start: (order: ImportOrder) => Promise<void>; again: () => void } {
  const client = useClient();
  const [step, setStep] = useState<ImportStep>({ at: "choosing" });
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(new DOMException("The dialog was closed.", "AbortError")), []);

  const start = useCallback(
    async ({ projectId, file, format, keepSplits }: ImportOrder) => {
      const { signal } = (running.current = new AbortController());
      try {
        setStep({ at: "reading" });
        const sha256 = await digest(file, signal);
        const announced = { projectId, filename: file.name, sizeBytes: file.size, sha256 };
        const asked = await client.mutation(REQUEST_FILE, { input: announced }).toPromise();
        if (asked.error || !asked.data) throw asked.error;
        check(asked.data.requestFileUpload);
        const { upload } = asked.data.requestFileUpload;
        if (!upload?.uploadId) throw new Error("The server named no place for the file. Try again.");
        if (upload.url) {
          const onSent = (sent: number) => setStep({ at: "sending", sent, total: file.size });
          onSent(0);
          await putFile({ url: upload.url, headers: upload.headers }, file, onSent, signal);
        }
        const input = { projectId, format, keepSplits, uploadId: upload.uploadId };
        const begun = await client.mutation(IMPORT, { input }).toPromise();
        if (begun.error || !begun.data) throw begun.error;
        check(begun.data.importAnnotations);
        const { job } = begun.data.importAnnotations;
        if (job) setStep({ at: "importing", jobId: job.id, done: 0, total: 0 });
      } catch (error) {
        if (!signal.aborted) setStep({ at: "choosing", problem: explain(error) });
      }
    },
    [client],
  );

  useEventStream<ImagesImportProgressSubscription, ImagesImportProgressSubscriptionVariables, Progress>(
    step.at !== "importing"
      ? null
      : {
          document: PROGRESS,
          variables: { jobId: step.jobId },
          pick: (data) => data.importProgress,
          onEvent: ({ job, done, total }) =>
            setStep(
              job.status === "FAILED"
                ? { at: "choosing", problem: job.failureReason ?? "Nothing was imported, and the server gave no reason." }
                : job.status === "COMPLETED"
                  ? { at: "over", job }
                  : { at: "importing", jobId: job.id, done, total },
            ),
          onRefused: (message) => setStep({ at: "choosing", problem: message }),
        },
  );
  const again = useCallback(() => setStep({ at: "choosing" }), []);
  return { step, start, again };
}

function explain(error: unknown): string {
  if (error && typeof error === "object" && "graphQLErrors" in error) return sentence(error as Parameters<typeof sentence>[0]);
  return error instanceof Error ? error.message : "The file could not be sent. Try again.";
}
