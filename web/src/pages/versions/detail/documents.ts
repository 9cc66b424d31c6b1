import { graphql } from "../../../api/generated";
import type { VersionDetailQuery } from "../../../api/generated/graphql";

export const VERSION = graphql(`
  query VersionDetail($projectId: ID!, $number: Int!) {
    project(id: $projectId) {
      id
      version(number: $number) {
        id
        version
        name
        displayName
        status
        failureReason
        createdAt
        snapshotAt
        imageCount
        annotationCount
        contentDigest
        leakedPairs
        classCounts {
          name
          annotations
          images
        }
        splitCounts {
          train
          val
          test
          trainAugmented
        }
        warnings {
          code
          message
          count
        }
        createdBy {
          id
          name
        }
        identicalTo {
          id
          version
        }
        manifest {
          s3Key
          sha256
          sizeBytes
          url
        }
        preprocessing {
          autoOrient
          grayscale
          contrast
          dropClasses
          maxEmptyFraction
          resize {
            width
            height
            mode
          }
          tile {
            rows
            columns
            overlap
            minVisible
          }
          classRemap {
            from
            to
          }
        }
        augmentation {
          preset
          multiplier
          horizontalFlip
          verticalFlip
          rotate90
          rotation
          shear
          crop
          brightness
          exposure
          saturation
          hue
          grayscale
          blur
          noise
          cutoutCount
          cutoutSize
          seed
        }
        splitConfig {
          train
          val
          test
          groupBy
          inherit
          keepImported
          seed
        }
        filters {
          weedTypes
          minConfidence
          verifiedOnly
          includeManual
          includeSAM3
          includeAIDetections
          uploadBatchIds
          includeEmpty
        }
        trainingJobs(first: 1) {
          nodes {
            id
            epoch
            config {
              epochs
            }
          }
        }
      }
    }
  }
`);

export type Version = NonNullable<VersionDetailQuery["project"]["version"]>;

export const VERIFY = graphql(`
  mutation VersionDetailVerify($id: ID!) {
    verifyVersion(id: $id) {
      userErrors {
        code
        message
        field
      }
      check {
        id
        status
      }
    }
  }
`);

export const RETRY = graphql(`
  mutation VersionDetailRetry($id: ID!) {
    retryVersion(id: $id) {
      userErrors {
        code
        message
        field
      }
      version {
        id
        status
      }
    }
  }
`);

export const RECONCILE = graphql(`
  mutation VersionDetailReconcile($id: ID!) {
    reconcileVersion(id: $id) {
      userErrors {
        code
        message
        field
      }
      version {
        id
        status
      }
    }
  }
`);
