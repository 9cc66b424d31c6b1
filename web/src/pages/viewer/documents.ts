import { graphql } from "../../api/generated";

export const VIEWER_ASSET = graphql(`
  query ViewerAsset($id: ID!) {
    asset(id: $id) {
      id
      filename
      width
      height
      sizeBytes
      contentType
      gpsLatitude
      gpsLongitude
      capturedAt
      createdAt
      url
      preview: thumbnailUrl(size: 640)
      uploadBatch {
        id
        name
      }
      versions {
        id
        version
        name
      }
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
        geoCoordinates
        confidence
        verified
        source
        updatedAt
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
        confidence
        source
        model {
          id
          name
        }
      }
    }
  }
`);

export const CREATE_ANNOTATIONS = graphql(`
  mutation ViewerCreateAnnotations($input: CreateAnnotationsInput!) {
    createAnnotations(input: $input) {
      userErrors {
        code
        message
        field
      }
      annotations {
        id
        updatedAt
      }
    }
  }
`);

export const UPDATE_ANNOTATION = graphql(`
  mutation ViewerUpdateAnnotation($input: UpdateAnnotationInput!) {
    updateAnnotation(input: $input) {
      userErrors {
        code
        message
        field
      }
      annotation {
        id
        updatedAt
      }
    }
  }
`);

export const DELETE_ANNOTATIONS = graphql(`
  mutation ViewerDeleteAnnotations($ids: [ID!]!) {
    deleteAnnotations(ids: $ids) {
      userErrors {
        code
        message
        field
      }
      deletedIds
    }
  }
`);

export const REVIEW_PENDING = graphql(`
  mutation ViewerReviewPending($input: ReviewInput!) {
    reviewPendingAnnotations(input: $input) {
      userErrors {
        code
        message
        field
      }
      accepted
      rejected
      annotations {
        id
        weedType
        updatedAt
        box {
          x
          y
          width
          height
        }
      }
    }
  }
`);
