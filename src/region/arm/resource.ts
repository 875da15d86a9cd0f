export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [member: string]: JsonValue | undefined;
}

export type ProvisioningState = 'Creating' | 'Updating' | 'Deleting' | 'Succeeded' | 'Failed';

/** What every top-level resource has. Children (subnets, pools) leave these out. */
export interface ResourceBody {
  readonly location?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/**
 * A resource as the store keeps it. `body` is what its owner wants, in wire names, with the defaults filled in. `state` is what the
 * region knows about it: results that the wire shows read-only, and things that the wire never shows. Both are plain JSON.
 */
export interface StoredResource<Body = ResourceBody, State = object> {
  /** With the case in which it was first written. Compare with `sameId`. */
  readonly id: string;
  /** As the provider spells it: `Microsoft.Network/virtualNetworks/subnets`. */
  readonly type: string;
  readonly name: string;
  readonly body: Body;
  readonly state: State;
  /** Bare (no quotes, no `W/`); changes with every change of the body, not of the state. */
  readonly etag: string;
  readonly provisioningState: ProvisioningState;
}

/** What may be read while a decision is made: a consistent picture of the store. */
export interface ResourceView {
  /** By id, in any case. */
  get(id: string): StoredResource | undefined;
  /** All of one type (in any case), in the order of creation; `under`: only those whose id begins with this id. */
  list(type: string, under?: string): readonly StoredResource[];
}
