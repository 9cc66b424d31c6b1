import { graphql } from "../../api/generated";

export const IMAGES = graphql(`
  query ImagesPage($id: ID!, $first: Int!, $after: String, $filter: AssetFilter, $size: Int!, $counting: Boolean!) {
    project(id: $id) {
      id
      assets(first: $first, after: $after, filter: $filter) {
        totalCount @include(if: $counting)
        nodes {
          ...ImagesTile
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }

  fragment ImagesTile on Asset {
    id
    filename
    width
    height
    thumbnailUrl(size: $size)
    annotations {
      id
      weedType
      box {
        x
        y
        width
        height
      }
      polygon {
        x
        y
      }
    }
    pendingAnnotations {
      id
      weedType
      box {
        x
        y
        width
        height
      }
      polygon {
        x
        y
      }
    }
  }
`);

/** One image of the grid, after it was edited. */
export const IMAGE = graphql(`
  query ImagesOne($id: ID!, $size: Int!) {
    asset(id: $id) {
      ...ImagesTile
    }
  }
`);

/** What the filters offer, and whether something waits for review. */
export const IMAGES_ASIDE = graphql(`
  query ImagesAside($id: ID!) {
    project(id: $id) {
      id
      uploadBatches(first: 200) {
        nodes {
          id
          name
          assetCount
          createdAt
        }
      }
      assets(first: 1, filter: { hasPending: true }) {
        totalCount
      }
    }
  }
`);

export const DELETE_IMAGES = graphql(`
  mutation ImagesDelete($ids: [ID!]!) {
    deleteAssets(ids: $ids) {
      userErrors {
        code
        message
        field
      }
      deletedIds
    }
  }
`);

export const START_DETECTION = graphql(`
  mutation ImagesDetect($input: StartDetectionInput!) {
    startDetection(input: $input) {
      userErrors {
        code
        message
        field
      }
      job {
        id
        status
        total
      }
    }
  }
`);

export const RENAME_CLASS = graphql(`
  mutation ImagesRenameClass($projectId: ID!, $from: String!, $to: String!) {
    renameClass(projectId: $projectId, from: $from, to: $to) {
      userErrors {
        code
        message
        field
      }
      changed
    }
  }
`);

export const EXPORT_ANNOTATIONS = graphql(`
  mutation ImagesExport($input: ExportAnnotationsInput!) {
    exportAnnotations(input: $input) {
      userErrors {
        code
        message
        field
      }
      url
      sizeBytes
      count
    }
  }
`);
