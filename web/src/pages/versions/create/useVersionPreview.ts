import { useDebouncedValue } from "@mantine/hooks";
import { useMemo } from "react";
import type { CombinedError } from "urql";

import type { UserProblem } from "../../../api/errors";
import type { CreateVersionInput, VersionsCreatePreviewQuery } from "../../../api/generated/graphql";
import { useLiveQuery } from "../../../api/live";
import { PREVIEW } from "./documents";
import { useKept } from "./useKept";

export type Preview = NonNullable<VersionsCreatePreviewQuery["versionPreview"]["preview"]>;

const TYPING_MS = 300;
const NEWS = ["PROJECT_CHANGED", "UPLOAD_CHANGED", "IMPORT_CHANGED", "VERSION_CHANGED"] as const;

/**
 * What a version of this input would have, a moment after it was changed; while that is worked out, and while there is
 * nothing valid to work out (null), the last answer stays.
 */
export function useVersionPreview(input: CreateVersionInput | null): {
  preview: Preview | undefined;
  problems: readonly UserProblem[];
  error: CombinedError | undefined;
  working: boolean;
} {
  const valid = useKept(input && JSON.stringify(input));
  const [settled = null] = useDebouncedValue(valid, TYPING_MS);
  const variables = useMemo(() => ({ input: JSON.parse(settled ?? "{}") as CreateVersionInput }), [settled]);
  const [{ data, error, fetching }] = useLiveQuery(PREVIEW, variables, NEWS, { pause: settled === null });
  const preview = useKept(data?.versionPreview.preview);
  const working = fetching || settled !== valid;
  return { preview, problems: working ? [] : (data?.versionPreview.userErrors ?? []), error, working };
}
