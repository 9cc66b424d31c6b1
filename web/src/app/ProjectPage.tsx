import { Box } from "@mantine/core";
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { useClient, useQuery } from "urql";
import { Redirect, Route, Router, Switch } from "wouter";

import { isNotFound } from "../api/errors";
import { graphql } from "../api/generated";
import { useKeptData } from "../api/keptData";
import { ProjectNews, useNews } from "../api/live";
import { ProjectContext } from "../api/projectContext";
import { QueryProblem } from "../components/Problem";
import { Loading } from "./Loading";
import { NotFound } from "./NotFound";
import { ProjectHeader } from "./ProjectHeader";
import { RAIL } from "./ProjectRail";

const ImagesPage = lazy(() => import("../pages/images/ImagesPage"));
const ReviewPage = lazy(() => import("../pages/review/ReviewPage"));
const VersionsPage = lazy(() => import("../pages/versions/VersionsPage"));
const VersionPage = lazy(() => import("../pages/versions/VersionPage"));
const TrainingPage = lazy(() => import("../pages/training/TrainingPage"));
const JobPage = lazy(() => import("../pages/training/JobPage"));
const ModelsPage = lazy(() => import("../pages/models/ModelsPage"));
const ModelPage = lazy(() => import("../pages/models/ModelPage"));
const CompareModelsPage = lazy(() => import("../pages/models/CompareModelsPage"));
const TryPage = lazy(() => import("../pages/try/TryPage"));
const SettingsPage = lazy(() => import("../pages/settings/SettingsPage"));

const PROJECT = graphql(`
  query ProjectShell($id: ID!) {
    project(id: $id) {
      id
      name
      viewerRole
      eventCursor
      totalImages
      annotatedImages
      totalAnnotations
      versionCount
      nextVersionNumber
      classCounts {
        name
        annotations
        images
      }
      features {
        datasetVersions
      }
      team {
        id
        name
      }
      activeModel {
        id
        name
      }
      activeRoboflowModel
      trainingJobs(first: 1) {
        totalCount
      }
      models(first: 1) {
        totalCount
      }
    }
  }
`);

const SHELL_NEWS = [
  "PROJECT_CHANGED",
  "VERSION_CHANGED",
  "TRAINING_CHANGED",
  "MODEL_CREATED",
  "DEPLOYMENT_CHANGED",
  "UPLOAD_CHANGED",
  "IMPORT_CHANGED",
  "DETECTION_CHANGED",
] as const;

/** One project: its header and tabs, and below them the page that the address names. */
export default function ProjectPage({ id }: { id: string }) {
  const [result, execute] = useQuery({ query: PROJECT, variables: { id } });
  const refresh = useCallback(() => execute({ requestPolicy: "network-only" }), [execute]);
  const { error } = result;
  const project = useKeptData(result, id)?.project;
  // Followed from the first reading on: what a later one says is old news by then.
  const cursor = useRef<string>(undefined);
  cursor.current ??= project?.eventCursor;
  if (error && !project) {
    return isNotFound(error) ? (
      <NotFound what="project" />
    ) : (
      <Box p="lg">
        <QueryProblem error={error} retry={refresh} />
      </Box>
    );
  }
  if (!project || cursor.current === undefined) return <Loading />;
  return (
    <ProjectContext value={project}>
      <ProjectNews projectId={id} after={cursor.current} onGone={refresh}>
        <ShellNews refresh={refresh} />
        <Router base={`/projects/${id}`}>
          <ProjectHeader />
          <Box data-arrival tabIndex={-1} style={{ outline: "none" }} p={{ base: "sm", sm: "lg" }} pb={{ base: 88, sm: "lg" }}>
            <Suspense fallback={<Loading />}>
              <Pages />
            </Suspense>
          </Box>
        </Router>
      </ProjectNews>
    </ProjectContext>
  );
}

function Pages() {
  return (
    <Switch>
      <Route path="/images/:assetId?">{({ assetId }) => <ImagesPage assetId={assetId} />}</Route>
      <Route path="/review" component={ReviewPage} />
      <Route path="/versions" component={VersionsPage} />
      <Route path="/versions/:number">{({ number }) => <VersionPage key={number} number={Number(number)} />}</Route>
      <Route path="/training" component={TrainingPage} />
      <Route path="/training/:jobId">{({ jobId }) => <JobPage key={jobId} jobId={jobId} />}</Route>
      <Route path="/models" component={ModelsPage} />
      <Route path="/models/compare" component={CompareModelsPage} />
      <Route path="/models/:modelId">{({ modelId }) => <ModelPage key={modelId} modelId={modelId} />}</Route>
      <Route path="/try" component={TryPage} />
      <Route path="/settings" component={SettingsPage} />
      <Route path="/">
        <Redirect to="/images" replace />
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}

/** Keeps the counts of the tabs and of the rail right, a moment after the last news of a burst. */
function ShellNews({ refresh }: { refresh: () => void }) {
  const client = useClient();
  const [burst, setBurst] = useState(0);
  useNews(SHELL_NEWS, () => setBurst((count) => count + 1));
  useEffect(() => {
    if (burst === 0) return;
    const timer = setTimeout(() => {
      refresh();
      void client.query(RAIL, {}, { requestPolicy: "network-only" }).toPromise();
    }, 300);
    return () => clearTimeout(timer);
  }, [burst, refresh, client]);
  return null;
}
