import { graphql } from "../../../api/generated";
import type { VersionCompareQuery } from "../../../api/generated/graphql";

export const CHOICE = graphql(`
  query VersionCompareChoice($projectId: ID!) {
    project(id: $projectId) {
      id
      versions(first: 200, includeArchived: true) {
        nodes {
          id
          version
          displayName
          status
        }
      }
    }
  }
`);

export const DIFF = graphql(`
  query VersionCompare($projectId: ID!, $after: Int!, $beforeId: ID!) {
    project(id: $projectId) {
      id
      version(number: $after) {
        id
        diff(against: $beforeId) {
          assetsAdded
          assetsRemoved
          assetsKept
          assetsMovedBetweenSplits
          annotationsAdded
          annotationsRemoved
          annotationsChanged
          classes {
            name
            before
            after
          }
          configChanges {
            path
            before
            after
          }
          changedAssets(first: 1) {
            totalCount
          }
        }
      }
    }
  }
`);

export type Diff = NonNullable<VersionCompareQuery["project"]["version"]>["diff"];
