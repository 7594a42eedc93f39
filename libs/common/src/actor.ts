/** Who is asking: the authenticated member of staff on whose behalf a service acts. */
export interface Actor {
  id: string;
  isSuperuser: boolean;
}
