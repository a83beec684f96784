/** Invented people, places and dishes. */
export const FIRST_NAMES = [
  'Ada',
  'Bruno',
  'Chiara',
  'Dario',
  'Elif',
  'Farid',
  'Greta',
  'Hugo',
  'Ines',
  'Jonas',
  'Kaja',
  'Leo',
  'Mira',
  'Nino',
  'Olga',
  'Pavel',
];
export const LAST_NAMES = [
  'Albero',
  'Brandt',
  'Costa',
  'Dupont',
  'Eriksen',
  'Ferri',
  'Galli',
  'Horvat',
  'Ivanova',
  'Jansen',
  'Keller',
  'Lind',
  'Moreau',
  'Novak',
];
export const STREETS = [
  'Canal Row',
  'Mill Lane',
  'Harbour Street',
  'Orchard Way',
  'Station Road',
  'Weir Passage',
  'Lock Gardens',
  'Bridge Walk',
];
export const CITIES = ['Riverton', 'Weirford', 'Lockside', 'Millbrook'];

export const RESTAURANTS = [
  'The Sluice',
  'Wheel & Stone',
  'Casa Corrente',
  'Golden Paddle',
  'Nine Rapids',
  'Tailwater',
  'Headgate Kitchen',
  'Driftwood',
];

const BASES = ['Ramen', 'Risotto', 'Curry', 'Burger', 'Salad', 'Pizza', 'Lasagne', 'Tacos', 'Poke', 'Dumplings', 'Falafel', 'Gnocchi'];
const STYLES = ['Smoked', 'Spicy', 'Garden', 'Royal', 'Crispy', 'Slow', 'Green', 'Midnight', 'Harvest', 'Lemon'];

/** The `number`-th dish's name; they begin to repeat after all combinations. */
export function dishName(number: number): string {
  return `${STYLES[Math.floor(number / BASES.length) % STYLES.length]} ${BASES[number % BASES.length]}`;
}

export const ALLERGENS: Readonly<Record<string, string>> = {
  CEL: 'Celery',
  EGG: 'Eggs',
  FIS: 'Fish',
  GLU: 'Gluten',
  MIL: 'Milk',
  MUS: 'Mustard',
  NUT: 'Nuts',
  PEA: 'Peanuts',
  SES: 'Sesame',
  SOY: 'Soy',
};

export const NOTES = ['Ring twice', 'No cutlery, please', 'Leave it at the door', 'Third floor', null, null, null];
export const OPINIONS = [
  'Came quickly and still hot',
  'Good, but too salty',
  'We order this every week',
  'The box was open',
  'Better than at home',
];
