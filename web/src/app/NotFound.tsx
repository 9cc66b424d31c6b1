import { Button } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { MapPinOff } from "lucide-react";
import { Link } from "wouter";

import { EmptyState } from "../components/EmptyState";

export function NotFound({ what = "page" }: { what?: string }) {
  useDocumentTitle(`No such ${what} · AgriDrone Ops`);
  return (
    <EmptyState
      icon={MapPinOff}
      order={2}
      title={`There is no such ${what}`}
      action={
        <Button component={Link} to="~/projects">
          Go to the projects
        </Button>
      }
    >
      It may have been removed, or it belongs to a team that you are not in.
    </EmptyState>
  );
}
