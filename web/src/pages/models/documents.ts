import { graphql } from "../../api/generated";

export const MODELS = graphql(`
  query Models($id: ID!, $after: String) {
    project(id: $id) {
      id
      models(first: 50, after: $after) {
        totalCount
        nodes {
          id
          name
          baseModel
          imported
          deployed
          createdAt
          classes
          sizeBytes
          metrics {
            mAP50
            mAP5095
            precision
            recall
          }
          version {
            id
            version
            splitCounts {
              val
            }
          }
          parent {
            id
            name
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

/** How many deployments are read at first. */
export const FIRST_DEPLOYMENTS = 10;

export const DEPLOYMENTS = graphql(`
  query ModelDeployments($id: ID!, $first: Int!) {
    project(id: $id) {
      id
      deployments(first: $first) {
        totalCount
        nodes {
          id
          status
          failureReason
          roboflowModel
          backend
          deployedAt
          note
          model {
            id
            name
            version {
              id
              version
            }
          }
          deployedBy {
            id
            name
          }
        }
      }
    }
  }
`);

export const MODEL = graphql(`
  query Model($id: ID!) {
    model(id: $id) {
      id
      name
      baseModel
      classes
      imported
      deployed
      sizeBytes
      sha256
      createdAt
      weightsUrl
      metrics {
        mAP50
        mAP5095
        precision
        recall
        confusion
        perClass {
          name
          ap50
          ap5095
          precision
          recall
          instances
        }
      }
      version {
        id
        version
        displayName
        splitCounts {
          val
        }
      }
      trainingJob {
        id
        startingWeights
        config {
          epochs
          imageSize
        }
      }
      parent {
        id
        name
      }
      children {
        id
        name
      }
      plots {
        name
        url
      }
      files {
        name
        url
        sizeBytes
        sha256
      }
      evaluations {
        id
        split
        status
        failureReason
        seenImages
        createdAt
        warnings {
          code
          message
        }
        metrics {
          mAP50
          mAP5095
          precision
          recall
        }
        version {
          id
          version
          splitCounts {
            train
            val
            test
          }
        }
      }
    }
  }
`);

export const DEPLOY = graphql(`
  mutation ModelsDeploy($input: DeployModelInput!) {
    deployModel(input: $input) {
      userErrors {
        code
        message
        field
      }
      deployment {
        id
        status
      }
    }
  }
`);

export const ROLLBACK = graphql(`
  mutation ModelsRollback($projectId: ID!) {
    rollbackDeployment(projectId: $projectId) {
      userErrors {
        code
        message
        field
      }
      deployment {
        id
        status
      }
    }
  }
`);

export const EVALUATE = graphql(`
  mutation ModelsEvaluate($modelId: ID!, $versionId: ID!, $split: Split!) {
    evaluateModel(modelId: $modelId, versionId: $versionId, split: $split) {
      userErrors {
        code
        message
        field
      }
      evaluation {
        id
        status
      }
    }
  }
`);

export const READY_VERSIONS = graphql(`
  query ModelsReadyVersions($id: ID!) {
    project(id: $id) {
      id
      versions(first: 50) {
        nodes {
          id
          version
          displayName
          status
          splitCounts {
            train
            val
            test
          }
        }
      }
    }
  }
`);

export const COMPARED = graphql(`
  query ModelsCompared($id: ID!) {
    model(id: $id) {
      id
      name
      baseModel
      deployed
      sizeBytes
      createdAt
      version {
        id
        version
      }
      evaluations {
        id
        split
        status
        failureReason
        seenImages
        createdAt
        metrics {
          mAP50
          mAP5095
          precision
          recall
          perClass {
            name
            ap50
            instances
          }
        }
        version {
          id
          version
        }
      }
    }
  }
`);
