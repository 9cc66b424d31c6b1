import { useSearchParams } from "wouter";

import { NotFound } from "../../app/NotFound";
import { ComparePage } from "./compare/ComparePage";
import { VersionDetail } from "./detail/VersionDetail";

/** Larger numbers than the contract's Int name no version. */
const LARGEST = 2 ** 31 - 1;

/** `/versions/3` is the version, `/versions/3?compare=2` what changed from v2 to it. */
export default function VersionPage({ number }: { number: number }) {
  const [search] = useSearchParams();
  const against = search.get("compare");
  if (!Number.isInteger(number) || number < 1 || number > LARGEST) return <NotFound what="version" />;
  if (against === null) return <VersionDetail number={number} />;
  const before = Number(against);
  const named = against !== "" && Number.isInteger(before) && before >= 1 && before <= LARGEST;
  return <ComparePage after={number} before={named ? before : null} />;
}
