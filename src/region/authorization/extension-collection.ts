import type { AccessRequest } from '../arm/access.ts';
import type { JsonObject } from '../arm/resource.ts';

/** Resources of one type that stand beside any other resource, at its scope. Scopes are spelled as stored; that of `/` is empty. */
export interface ExtensionCollection {
  list(scope: string, filter: string | undefined): readonly JsonObject[];
  /** Throws 404. */
  get(scope: string, name: string): JsonObject;
  /** Throws ArmError and has then changed nothing. */
  put(put: ExtensionPut): { readonly body: JsonObject; readonly status: 200 | 201 };
  /** What it was; undefined when there was none. Throws ArmError. */
  remove(scope: string, name: string): JsonObject | undefined;
}

export interface ExtensionPut {
  readonly scope: string;
  /** A GUID in lower case. */
  readonly name: string;
  /** Parsed JSON. */
  readonly body: unknown;
  /** What the caller was found to be allowed to. */
  readonly request: AccessRequest;
}
