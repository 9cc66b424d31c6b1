import { Button } from "@mantine/core";
import { RotateCw } from "lucide-react";

import { useAction } from "../../api/action";
import { useMay } from "../../api/projectContext";
import { RESUME } from "./documents";

/** Goes on with a failed or cancelled training from the newest state that was kept. */
export function ResumeButton({ jobId }: { jobId: string }) {
  const mayTrain = useMay("train");
  const [resume, busy] = useAction(RESUME, (data) => data.resumeTraining);
  if (!mayTrain) return null;
  return (
    <Button size="sm" leftSection={<RotateCw size={16} aria-hidden />} loading={busy} onClick={() => resume({ id: jobId })}>
      Resume
    </Button>
  );
}
