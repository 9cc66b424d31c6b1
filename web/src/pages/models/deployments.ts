import type { ModelDeploymentsQuery } from "../../api/generated/graphql";
import { useLiveQuery } from "../../api/live";
import { useProject } from "../../api/projectContext";
import { DEPLOYMENTS, FIRST_DEPLOYMENTS } from "./documents";

export type Deployment = ModelDeploymentsQuery["project"]["deployments"]["nodes"][number];

/** What was last asked to detect in the project, whether it does yet or not. */
export function useNewestDeployment(): Deployment | undefined {
  const { id } = useProject();
  const [{ data }] = useLiveQuery(DEPLOYMENTS, { id, first: FIRST_DEPLOYMENTS }, ["DEPLOYMENT_CHANGED"]);
  return data?.project.deployments.nodes[0];
}

export function deployedName({ model, roboflowModel }: Deployment): string {
  return model?.name ?? (roboflowModel ? `Roboflow: ${roboflowModel}` : "a model that is gone");
}
