import { z } from 'zod';
import type { DeepReadonly } from './kind.ts';
import { conditionReasons, conditionTypes, type ConditionReason } from './conditions.ts';

/** A condition (Kubernetes API conventions, "Typical status properties"; field for field `metav1.Condition`). */
export const conditionSchema = z
  .object({
    type: z.enum(conditionTypes).describe('What the condition is about.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
    reason: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[A-Za-z]([A-Za-z0-9]*)$/)
      .describe('Why, in one word; the list is docs/reference/conditions.md.'),
    message: z.string().max(4096).describe('What happened, why, and what to do.'),
    observedGeneration: z.int().min(0).optional().describe('The `metadata.generation` that it speaks of.'),
    lastTransitionTime: z.string().meta({ format: 'date-time' }).describe('When `status` last changed.'),
  })
  .describe('One aspect of the state.');

export const conditionsSchema = z
  .array(conditionSchema)
  .max(8)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
  .describe('`Ready` sums up; `Accepted`, `CloudReady` and `GatewaysReady` say where it stands.');

export type Condition = DeepReadonly<z.infer<typeof conditionSchema>>;

/** What a controller decides about a condition; the times are added when it is written. */
export interface DesiredCondition {
  readonly type: Condition['type'];
  readonly status: Condition['status'];
  readonly reason: ConditionReason;
  readonly message: string;
}

/** The condition that `reason` stands for, with the status that the table gives it. */
export function conditionOf(type: Condition['type'], reason: ConditionReason, message: string): DesiredCondition {
  return { type, status: conditionReasons[reason].status, reason, message };
}
