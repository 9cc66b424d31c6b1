import { Button, Container } from "@mantine/core";
import { Component, type ErrorInfo, type ReactNode } from "react";

import { Problem } from "../components/Problem";

/** A page that broke shows so, with a way on; the rest of the browser tab lives. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { broken: Error | null }> {
  override state: { broken: Error | null } = { broken: null };

  static getDerivedStateFromError(broken: Error) {
    return { broken };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error(error, info.componentStack);
  }

  override render() {
    if (this.state.broken === null) return this.props.children;
    return (
      <Container py="xl">
        <Problem
          title="This page broke"
          action={<Button onClick={() => window.location.reload()}>Load it again</Button>}
        >
          {this.state.broken.message}
        </Problem>
      </Container>
    );
  }
}
