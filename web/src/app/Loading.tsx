import { Skeleton, Stack } from "@mantine/core";

/** A page that is on its way: a heading and what will stand under it. */
export function Loading() {
  return (
    <Stack p="lg" gap="md" role="status" aria-label="Loading">
      <Skeleton height={32} width={220} />
      <Skeleton height={96} />
      <Skeleton height={96} />
      <Skeleton height={96} />
    </Stack>
  );
}
