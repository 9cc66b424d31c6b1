import { graphql } from "../../../api/generated";

/** The settings of the project's newest versions, to start from, and what the dialog lets one choose from. */
export const CHOICES = graphql(`
  query VersionsCreateChoices($id: ID!) {
    project(id: $id) {
      id
      uploadBatches(first: 200) {
        nodes {
          id
          name
          assetCount
        }
      }
      assets(first: 50, filter: { annotated: true }) {
        nodes {
          id
          filename
        }
      }
      versions(first: 10) {
        nodes {
          id
          version
          displayName
          preprocessing {
            autoOrient
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
            grayscale
            contrast
            classRemap {
              from
              to
            }
            dropClasses
            maxEmptyFraction
          }
          augmentation {
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
        }
      }
    }
  }
`);

export const PREVIEW = graphql(`
  query VersionsCreatePreview($input: CreateVersionInput!) {
    versionPreview(input: $input) {
      userErrors {
        code
        message
        field
      }
      preview {
        nextVersion
        imageCount
        annotationCount
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
        outputImages
        exact
        warnings {
          code
          message
        }
      }
    }
  }
`);

export const PICTURE = graphql(`
  query VersionsCreatePicture(
    $assetId: ID!
    $preprocessing: PreprocessingInput
    $augmentation: AugmentationInput
    $copies: Int!
  ) {
    previewAugmentation(
      assetId: $assetId
      preprocessing: $preprocessing
      augmentation: $augmentation
      copies: $copies
    ) {
      userErrors {
        code
        message
        field
      }
      images {
        dataUrl
        width
        height
        annotations {
          weedType
          box {
            x
            y
            width
            height
          }
        }
      }
    }
  }
`);

export const CREATE = graphql(`
  mutation VersionsCreate($input: CreateVersionInput!) {
    createVersion(input: $input) {
      userErrors {
        code
        message
        field
      }
      version {
        id
        version
      }
    }
  }
`);
