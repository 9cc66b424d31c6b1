import { graphql } from "../../api/generated";
import type { TrainingJobQuery } from "../../api/generated/graphql";

/** A job as its page shows it; its log is read apart, since it is read often. */
export const JOB = graphql(`
  query TrainingJob($id: ID!) {
    trainingJob(id: $id) {
      id
      status
      startingWeights
      createdAt
      startedAt
      finishedAt
      cancelRequestedAt
      epoch
      progress
      etaSeconds
      failureReason
      attempts
      worker
      device
      queuePosition
      eventCursor
      warnings {
        code
        message
      }
      config {
        baseModel
        epochs
        batchSize
        imageSize
        learningRate
        patience
        seed
        effective
      }
      project {
        id
      }
      version {
        id
        version
        displayName
        imageCount
        splitCounts {
          val
        }
      }
      checkpointModel {
        id
        name
        metrics {
          mAP50
        }
        project {
          id
        }
        version {
          id
          version
          splitCounts {
            val
          }
        }
      }
      createdBy {
        id
        name
      }
      epochs {
        epoch
        seconds
        boxLoss
        clsLoss
        dflLoss
        valBoxLoss
        valClsLoss
        valDflLoss
        precision
        recall
        mAP50
        mAP5095
        learningRate
      }
      model {
        id
        name
        deployed
        metrics {
          mAP50
        }
      }
    }
  }
`);

export type Job = TrainingJobQuery["trainingJob"];

export const CANCEL = graphql(`
  mutation TrainingCancel($id: ID!) {
    cancelTraining(id: $id) {
      userErrors {
        code
        message
        field
      }
      job {
        id
        status
        cancelRequestedAt
      }
    }
  }
`);

export const RESUME = graphql(`
  mutation TrainingResume($id: ID!) {
    resumeTraining(id: $id) {
      userErrors {
        code
        message
        field
      }
      job {
        id
        status
      }
    }
  }
`);
