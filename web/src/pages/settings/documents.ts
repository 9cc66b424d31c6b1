import { graphql } from "../../api/generated";

export const SETTINGS = graphql(`
  query Settings($id: ID!) {
    viewer {
      id
      apiTokens {
        id
        name
        scope
        createdAt
        lastUsedAt
        expiresAt
      }
    }
    project(id: $id) {
      id
      name
      inferenceBackend
      detectOnUpload
      roboflowModels
      activeRoboflowModel
      features {
        datasetVersions
      }
      activeModel {
        id
      }
      inferenceModels {
        id
        name
        backend
        mAP50
        active
        available
      }
      models(first: 100) {
        nodes {
          id
          createdAt
          version {
            id
            version
            splitCounts {
              val
            }
          }
        }
      }
      team {
        id
        name
        members {
          role
          user {
            id
            name
            email
          }
        }
      }
    }
  }
`);

export const UPDATE_PROJECT = graphql(`
  mutation SettingsUpdateProject($input: UpdateProjectInput!) {
    updateProject(input: $input) {
      userErrors {
        code
        message
        field
      }
      project {
        id
        name
        inferenceBackend
        detectOnUpload
        roboflowModels
        activeRoboflowModel
        features {
          datasetVersions
        }
        activeModel {
          id
        }
      }
    }
  }
`);

export const SET_MEMBER = graphql(`
  mutation SettingsSetMember($input: TeamMemberInput!) {
    setTeamMember(input: $input) {
      userErrors {
        code
        message
        field
      }
      team {
        id
        members {
          role
          user {
            id
          }
        }
      }
    }
  }
`);

export const REMOVE_MEMBER = graphql(`
  mutation SettingsRemoveMember($teamId: ID!, $userId: ID!) {
    removeTeamMember(teamId: $teamId, userId: $userId) {
      userErrors {
        code
        message
        field
      }
      team {
        id
      }
    }
  }
`);

export const CREATE_TOKEN = graphql(`
  mutation SettingsCreateToken($input: CreateApiTokenInput!) {
    createApiToken(input: $input) {
      userErrors {
        code
        message
        field
      }
      secret
      token {
        id
        name
        scope
        createdAt
        lastUsedAt
        expiresAt
      }
    }
  }
`);

export const REVOKE_TOKEN = graphql(`
  mutation SettingsRevokeToken($id: ID!) {
    revokeApiToken(id: $id) {
      userErrors {
        code
        message
        field
      }
      deletedIds
    }
  }
`);

export const GPUS = graphql(`
  query SettingsGpus {
    gpus {
      host
      device
      memoryTotal
      memoryUsed
      holder
      heldSince
      sam3Loaded
      workerAlive
      trainingJob {
        id
        epoch
        config {
          epochs
        }
        project {
          id
          name
        }
      }
      loadedModel {
        id
        name
      }
    }
  }
`);
