import { lazy, Suspense, useMemo } from "react";
import { Provider } from "urql";
import { Redirect, Route, Switch } from "wouter";

import { createApiClient } from "../api/client";
import { useToken } from "../api/session";
import { NotFound } from "./NotFound";
import { Loading } from "./Loading";
import { ErrorBoundary } from "./ErrorBoundary";
import { Shell } from "./Shell";

const SignInPage = lazy(() => import("../pages/sign-in/SignInPage"));
const ProjectsPage = lazy(() => import("../pages/projects/ProjectsPage"));
const ProjectPage = lazy(() => import("./ProjectPage"));
const GraphiqlPage = lazy(() => import("../pages/graphiql/GraphiqlPage"));

/** Everything behind the sign-in; whose token changes gets a client of its own, with nothing of another's in its cache. */
export function App() {
  const token = useToken();
  const client = useMemo(createApiClient, [token]);
  if (token === null) {
    return (
      <Suspense fallback={<Loading />}>
        <SignInPage />
      </Suspense>
    );
  }
  return (
    <ErrorBoundary>
      <Provider value={client} key={token}>
        <Suspense fallback={<Loading />}>
          <Switch>
            <Route path="/graphiql" component={GraphiqlPage} />
            <Route>
              <Shell>
                <Suspense fallback={<Loading />}>
                  <Switch>
                    <Route path="/">
                      <Redirect to="/projects" replace />
                    </Route>
                    <Route path="/sign-in">
                      <Redirect to="/projects" replace />
                    </Route>
                    <Route path="/projects" component={ProjectsPage} />
                    <Route path="/projects/:id/*?">{({ id }) => <ProjectPage key={id} id={id} />}</Route>
                    <Route>
                      <NotFound />
                    </Route>
                  </Switch>
                </Suspense>
              </Shell>
            </Route>
          </Switch>
        </Suspense>
      </Provider>
    </ErrorBoundary>
  );
}
